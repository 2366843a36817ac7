// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * folder_test.c - where recordings are made and found.
 */
#include "preload/folder.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rrio/journal.h"

static char root[] = "/tmp/rrio-folder-XXXXXX";

static int delete_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

/* The store is a folder with a space in its name that does not exist yet. */
static void begin(void)
{
	char data[64];

	strcpy(root + sizeof(root) - 7, "XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	snprintf(data, sizeof(data), "%s/some data", root);
	CU_ASSERT_EQUAL_FATAL(setenv("XDG_DATA_HOME", data, 1), 0);
}

static void end(void)
{
	CU_ASSERT_EQUAL(nftw(root, delete_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *below(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static int mode_of(const char *path)
{
	struct stat status;

	return lstat(path, &status) ? -1 : (int)(status.st_mode & 07777);
}

static struct rrj_writer *writer;

/* Also makes the recording's files, as whoever asks for a folder does. */
static void check_new(int fd, const char *dir, const char *wanted)
{
	char journal[PATH_MAX + 16];

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_STRING_EQUAL(dir, wanted);
	CU_ASSERT_EQUAL(mode_of(dir), 0700);
	CU_ASSERT_FATAL(!rrj_writer_new(&writer) && !rrj_writer_attach(writer, fd));
	snprintf(journal, sizeof(journal), "%s/journal", dir);
	CU_ASSERT_EQUAL(mode_of(journal), 0600);
}

static void finish(int fd)
{
	CU_ASSERT_EQUAL(rrj_writer_close(writer), 0);
	close(fd);
}

static void test_named(void)
{
	char dir[PATH_MAX], wanted[PATH_MAX];
	int fd, reader;

	begin();
	snprintf(wanted, sizeof(wanted), "%s", below("a folder/with spaces"));
	fd = folder_create(wanted, "qemu-system-test", dir);
	check_new(fd, dir, wanted);
	/* While it is being written nobody replays it, and nobody else records there, then or later. */
	CU_ASSERT_EQUAL(folder_open(wanted, dir), -EBUSY);
	CU_ASSERT_EQUAL(folder_create(wanted, "qemu-system-test", dir), -EEXIST);
	finish(fd);
	CU_ASSERT_EQUAL(folder_create(wanted, "qemu-system-test", dir), -EEXIST);
	reader = folder_open(wanted, dir);
	CU_ASSERT(reader >= 0);
	CU_ASSERT_STRING_EQUAL(dir, wanted);
	/* Any number may read. */
	fd = folder_open(wanted, dir);
	CU_ASSERT(fd >= 0);
	close(fd);
	close(reader);
	end();
}

static void test_existing_folder(void)
{
	char dir[PATH_MAX], wanted[PATH_MAX];
	int fd;

	begin();
	snprintf(wanted, sizeof(wanted), "%s", below("there"));
	CU_ASSERT_EQUAL_FATAL(mkdir(wanted, 0700), 0);
	fd = folder_create(wanted, "qemu-system-test", dir);
	check_new(fd, dir, wanted);
	finish(fd);
	end();
}

static void test_store(void)
{
	char dir[PATH_MAX];
	int fd;

	begin();
	CU_ASSERT_EQUAL(folder_open(NULL, dir), -ENOENT);
	for (int i = 0; i < 3; i++) {
		char name[64], target[64];
		ssize_t length;

		snprintf(name, sizeof(name), "some data/rrio/qemu-system-test-%d", i);
		fd = folder_create(NULL, "qemu-system-test", dir);
		check_new(fd, dir, below(name));
		finish(fd);
		/* Relative, so that the store can be moved. */
		length = readlink(below("some data/rrio/latest"), target, sizeof(target) - 1);
		CU_ASSERT_FATAL(length > 0);
		target[length] = '\0';
		CU_ASSERT_STRING_EQUAL(target, strrchr(dir, '/') + 1);
	}
	fd = folder_open(NULL, dir);
	CU_ASSERT(fd >= 0);
	CU_ASSERT_STRING_EQUAL(dir, below("some data/rrio/latest"));
	close(fd);
	end();
}

static void test_refused(void)
{
	char dir[PATH_MAX], wanted[PATH_MAX];
	FILE *file;

	begin();
	CU_ASSERT_EQUAL(folder_open(below("nothing"), dir), -ENOENT);
	/* A link that somebody else has put there is not followed. */
	snprintf(wanted, sizeof(wanted), "%s", below("linked"));
	CU_ASSERT_EQUAL_FATAL(mkdir(wanted, 0700), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("../elsewhere", below("linked/journal")), 0);
	CU_ASSERT_EQUAL(folder_create(wanted, "qemu-system-test", dir), -EEXIST);
	CU_ASSERT_EQUAL(access(below("elsewhere"), F_OK), -1);
	file = fopen(below("file"), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fclose(file);
	snprintf(wanted, sizeof(wanted), "%s", below("file/dir"));
	CU_ASSERT_EQUAL(folder_create(wanted, "qemu-system-test", dir), -ENOTDIR);
	CU_ASSERT_EQUAL(folder_open(wanted, dir), -ENOTDIR);
	end();
}

CU_TestInfo folder_tests[] = {
	{ "a named folder: made, locked, refused twice, read", test_named },
	{ "a named folder that exists, empty", test_existing_folder },
	{ "the store: numbered, and its latest", test_store },
	{ "what is refused", test_refused },
	CU_TEST_INFO_NULL,
};
