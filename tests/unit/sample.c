// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sample.c - journals to test with.
 */
#include "sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/writer.h"

const char *const file_names[FILES] = { "journal", "tail.0", "tail.1" };

#define START(...) { .type = RRJ_START, .start = { __VA_ARGS__ } }
#define FILE_(...) { .type = RRJ_FILE, .file = { __VA_ARGS__ } }
#define TURN(...) { .type = RRJ_TURN, .turn = { __VA_ARGS__ } }
#define REQUEST(...) { .type = RRJ_REQUEST, .request = { __VA_ARGS__ } }
#define INPUT(...) { .type = RRJ_INPUT, .input = { __VA_ARGS__ } }
#define NOTE(...) { .type = RRJ_NOTE, .note = { __VA_ARGS__ } }
#define END(...) { .type = RRJ_END, .end = { __VA_ARGS__ } }

static const struct rrj_signal plain_signal = { .signo = 15, .code = 0, .pid = 4711, .uid = 1000 };
static const struct rrj_signal odd_signal = { .signo = INT32_MAX, .code = INT32_MIN, .pid = -1, .uid = UINT32_MAX };

const struct rrj_record samples[] = {
	START(.id = { 1, 2, 3, 250, 0, 255, 7, 8, 9, 10, 11, 12, 13, 14, 15, 128 }, .rrio_version = "0.1.0",
	      .emulator = "/usr/bin/qemu-system-x86_64", .emulator_version = "7.2.22", .build_id = "",
	      .emulator_size = UINT64_MAX, .cwd = "/", .argv = { "a\0\0-c\0", 6 }, .env = { NULL, 0 },
	      .data = RRJ_DATA_NONE, .mono_ns = INT64_MIN, .real_ns = INT64_MAX),
	FILE_(.id = 1, .flags = 0, .size = 1 << 28, .mtime_ns = -1, .digest = UINT64_MAX, .path = "/tmp/disk.img"),
	FILE_(.id = UINT32_MAX, .flags = UINT32_MAX, .size = UINT64_MAX, .mtime_ns = INT64_MIN, .digest = 0, .path = ""),
	NOTE(.id = "ungated-job", .text = "na\xc3\xafve \x01\n\xff"),
	TURN(.seq = 1, .kind = RRJ_NESTED, .icount = 0, .mono_ns = 5, .real_ns = 1700000000000000000, .releases = 0),
	TURN(.seq = 2, .kind = RRJ_SLICE, .icount = 1000, .mono_ns = 105, .real_ns = 1700000000000000100, .releases = 9),
	REQUEST(.ticket = 1, .file = 1, .op = RRJ_READ, .calls = 1, .offset = 0, .length = 4096, .result = 4096,
		.checksum = 0xdeadbeef, .submit_icount = 900, .latency_ns = 100000),
	REQUEST(.ticket = 2, .file = 1, .op = RRJ_READ, .calls = 1, .offset = 4096, .length = 4096, .result = 4096,
		.checksum = 1, .submit_icount = 901, .latency_ns = 1),
	REQUEST(.ticket = 0, .file = UINT32_MAX, .op = RRJ_WRITE, .calls = UINT32_MAX, .offset = UINT64_MAX,
		.length = UINT64_MAX, .result = INT64_MIN, .checksum = UINT32_MAX, .submit_icount = INT64_MIN,
		.latency_ns = INT64_MAX),
	REQUEST(.ticket = UINT64_MAX, .file = 0, .op = RRJ_FLUSH, .calls = 0, .offset = 0, .length = 0, .result = -5,
		.checksum = 0, .submit_icount = -1, .latency_ns = INT64_MIN),
	REQUEST(.ticket = 0, .file = 0, .op = RRJ_ALLOCATE, .calls = 1, .offset = 1, .length = 1ull << 63, .result = 0,
		.submit_icount = INT64_MAX),
	REQUEST(.ticket = 1, .file = 0, .op = RRJ_TRUNCATE, .calls = 1, .offset = 1ull << 63, .length = (1ull << 63) - 1),
	REQUEST(.ticket = 2, .file = 2, .op = RRJ_COPY, .calls = 2, .offset = 511, .length = 513, .result = 512),
	REQUEST(.ticket = 3, .file = 2, .op = RRJ_IOCTL, .calls = 1, .offset = 0x5401, .length = 1, .result = INT64_MAX),
	REQUEST(.ticket = 4, .file = 2, .op = RRJ_OPAQUE, .calls = 1, .offset = 0x5402, .length = 1ull << 40),
	INPUT(.source = RRJ_GETRANDOM, .data = "", .size = 0, .icount = -1),
	INPUT(.source = RRJ_GNUTLS_RND, .data = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", .size = 16, .icount = -1),
	INPUT(.source = RRJ_G_RANDOM, .data = "1234", .size = 4, .icount = -1),
	INPUT(.source = RRJ_RANDOM_DEVICE, .data = "x", .size = 1, .icount = -1),
	INPUT(.source = RRJ_SIGNAL, .data = &plain_signal, .size = sizeof(plain_signal), .icount = -1),
	INPUT(.source = RRJ_SIGNAL, .data = &odd_signal, .size = sizeof(odd_signal), .icount = -1),
	TURN(.seq = 3, .kind = RRJ_STALL, .icount = INT64_MAX, .mono_ns = INT64_MIN, .real_ns = INT64_MAX,
	     .releases = UINT32_MAX),
	TURN(.seq = 4, .kind = RRJ_IDLE, .icount = INT64_MIN, .mono_ns = INT64_MAX, .real_ns = INT64_MIN, .releases = 0),
	NOTE(.id = "", .text = ""),
	END(.cause = "exit", .icount = INT64_MIN, .turns = UINT64_MAX, .requests = 0, .inputs = 1, .slices = UINT64_MAX,
	    .mono_ns = INT64_MAX, .real_ns = -1),
};

const size_t sample_count = sizeof(samples) / sizeof(samples[0]);

/* ---- comparing ---- */

static bool same_list(struct rrj_strings a, struct rrj_strings b)
{
	return a.size == b.size && (!a.size || !memcmp(a.bytes, b.bytes, a.size));
}

static bool same_start(const struct rrj_start *a, const struct rrj_start *b)
{
	return !memcmp(a->id, b->id, 16) && a->needs == b->needs && !strcmp(a->rrio_version, b->rrio_version) && !strcmp(a->emulator, b->emulator) &&
	       !strcmp(a->emulator_version, b->emulator_version) && !strcmp(a->build_id, b->build_id) &&
	       a->emulator_size == b->emulator_size && !strcmp(a->cwd, b->cwd) && same_list(a->argv, b->argv) &&
	       same_list(a->env, b->env) && a->data == b->data && a->mono_ns == b->mono_ns && a->real_ns == b->real_ns &&
	       a->checks == b->checks;
}

static bool same_turn(const struct rrj_turn *a, const struct rrj_turn *b)
{
	return a->seq == b->seq && a->kind == b->kind && a->icount == b->icount && a->mono_ns == b->mono_ns &&
	       a->real_ns == b->real_ns && a->releases == b->releases && a->loop == b->loop &&
	       a->trail == b->trail && a->registers == b->registers && a->memory == b->memory;
}

static bool same_request(const struct rrj_request *a, const struct rrj_request *b)
{
	return a->ticket == b->ticket && a->file == b->file && a->op == b->op && a->calls == b->calls &&
	       a->offset == b->offset && a->length == b->length && a->result == b->result && a->checksum == b->checksum &&
	       a->submit_icount == b->submit_icount && a->latency_ns == b->latency_ns && a->stack == b->stack &&
	       !memcmp(a->results, b->results, sizeof(a->results));
}

bool same_record(const struct rrj_record *a, const struct rrj_record *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case RRJ_START:
		return same_start(&a->start, &b->start);
	case RRJ_FILE:
		return a->file.id == b->file.id && a->file.flags == b->file.flags && a->file.size == b->file.size &&
		       a->file.mtime_ns == b->file.mtime_ns && a->file.digest == b->file.digest &&
		       !strcmp(a->file.path, b->file.path);
	case RRJ_TURN:
		return same_turn(&a->turn, &b->turn);
	case RRJ_REQUEST:
		return same_request(&a->request, &b->request);
	case RRJ_INPUT:
		return a->input.source == b->input.source && a->input.size == b->input.size &&
		       a->input.icount == b->input.icount && !memcmp(a->input.data, b->input.data, a->input.size);
	case RRJ_NOTE:
		return !strcmp(a->note.id, b->note.id) && !strcmp(a->note.text, b->note.text);
	case RRJ_END:
		return !strcmp(a->end.cause, b->end.cause) && a->end.icount == b->end.icount &&
		       a->end.turns == b->end.turns && a->end.requests == b->end.requests &&
		       a->end.inputs == b->end.inputs && a->end.slices == b->end.slices &&
		       a->end.mono_ns == b->end.mono_ns && a->end.real_ns == b->end.real_ns && a->end.trail == b->end.trail;
	case RRJ_STACK:
		return a->stack.id == b->stack.id && same_list(a->stack.frames, b->stack.frames);
	case RRJ_TYPES:
		break;
	}
	return false;
}

/* ---- files ---- */

int empty_file(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	return fd;
}

int file_of(const uint8_t *bytes, size_t size)
{
	int fd = empty_file();

	CU_ASSERT_FATAL(pwrite(fd, bytes, size, 0) == (ssize_t)size);
	return fd;
}

uint8_t *bytes_of(int fd, size_t *size)
{
	struct stat st;
	uint8_t *bytes;

	CU_ASSERT_FATAL(!fstat(fd, &st));
	*size = (size_t)st.st_size;
	bytes = malloc(*size + 1);
	CU_ASSERT_FATAL(bytes && pread(fd, bytes, *size, 0) == st.st_size);
	return bytes;
}

/* In memory where there is such a file system. */
int new_folder(void)
{
	char shm[] = "/dev/shm/rrio-test-XXXXXX", tmp[] = "/tmp/rrio-test-XXXXXX";
	const char *path = mkdtemp(shm) ? shm : mkdtemp(tmp);
	int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	CU_ASSERT_FATAL(dir >= 0);
	return dir;
}

void remove_folder(int dir)
{
	char path[64] = "", link[32];

	for (int i = 0; i < FILES; i++)
		unlinkat(dir, file_names[i], 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	CU_ASSERT(readlink(link, path, sizeof(path) - 1) > 0 && !rmdir(path));
	close(dir);
}

bool has_file(int dir, const char *name)
{
	return !faccessat(dir, name, F_OK, 0);
}

struct rrj_writer *attached_writer(int *dir)
{
	struct rrj_writer *writer;

	*dir = new_folder();
	CU_ASSERT_FATAL(!rrj_writer_new(&writer));
	CU_ASSERT_FATAL(!rrj_writer_attach(writer, *dir));
	return writer;
}

void append(struct rrj_writer *writer, const struct rrj_record *record)
{
	CU_ASSERT_EQUAL_FATAL(rrj_append(writer, record), 0);
}

int sample_recording(size_t together, size_t block, bool close_it)
{
	int dir;
	struct rrj_writer *writer = attached_writer(&dir);

	rrj_writer_block_full(writer, block);
	for (size_t i = 0; i < sample_count; i++) {
		append(writer, &samples[i]);
		if ((i + 1) % together == 0 || i + 1 == sample_count)
			CU_ASSERT_EQUAL_FATAL(rrj_commit(writer), 0);
	}
	if (close_it)
		CU_ASSERT_EQUAL_FATAL(rrj_writer_close(writer), 0);
	return dir;
}

size_t read_samples(int fd, int *last, enum rrj_state *state, uint64_t *offset)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	size_t n = 0;

	*last = rrj_reader_new(&reader, fd);
	if (*last)
		return 0;
	while ((*last = rrj_next(reader, &record)) > 0) {
		CU_ASSERT_FATAL(n < sample_count);
		CU_ASSERT_FATAL(same_record(&record, &samples[n]));
		n++;
	}
	*state = rrj_reader_state(reader);
	*offset = rrj_reader_offset(reader);
	rrj_reader_free(reader);
	return n;
}

uint64_t random_number(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}
