// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * make-journal.c - writes journals for the tests of rrio-inspect, the same bytes each time; and reads one, as a program
 * of others would that was given the library and its header.
 *
 * make-journal FOLDER [other|note|live|killed] | --read FOLDER. `other`: one request more, and another input. `live`:
 * goes on, a round every 20 ms, until a file "stop" is in the working directory. `killed`: nothing is closed.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rrio/journal.h"

#define CALLS "raw_co_prw+0x10 /usr/bin/qemu+0x1234\0blk_co_preadv+0x5 /usr/bin/qemu+0x99\0? /usr/lib/libc.so.6+0x77\0"
#define ARGV  "qemu\0-drive\0file=it's <disk>.raw\0"

static struct rrj_writer *writer;
static int64_t icount = 1000, now = 1000000;
static uint64_t ticket;

static void put(const struct rrj_record *record)
{
	int error = rrj_append(writer, record);

	if (error) {
		fprintf(stderr, "make-journal: %s\n", strerror(-error));
		exit(1);
	}
}

static void put_head(void)
{
	put(&(struct rrj_record){ .type = RRJ_START,
				  .start = { .id = "rrio-inspect",
					     .rrio_version = "0.1.0",
					     .emulator = "/usr/bin/qemu",
					     .emulator_version = "7.2.22",
					     .build_id = "abcd",
					     .emulator_size = 1000,
					     .cwd = "/home/x",
					     .argv = { ARGV, sizeof(ARGV) - 1 },
					     .data = RRJ_DATA_DIGEST,
					     .real_ns = 1700000000000000000 } });
	put(&(struct rrj_record){
		.type = RRJ_FILE,
		.file = { .id = 1, .size = 1 << 20, .digest = 77, .path = "/home/x/it's <disk>.raw" } });
	put(&(struct rrj_record){ .type = RRJ_FILE,
				  .file = { .id = 2, .flags = RRJ_FILE_TEMPORARY, .path = "/var/tmp/vl.XYZ" } });
	put(&(struct rrj_record){ .type = RRJ_STACK, .stack = { .id = 1, .frames = { CALLS, sizeof(CALLS) - 1 } } });
}

static void put_turn(uint32_t releases)
{
	icount += 50000;
	now += 20000000;
	put(&(struct rrj_record){ .type = RRJ_TURN,
				  .turn = { .kind = releases > 2 ? RRJ_IDLE : RRJ_SLICE,
					    .icount = icount,
					    .mono_ns = now,
					    .real_ns = now + 1700000000000000000,
					    .releases = releases } });
}

static void put_request(enum rrj_op op, uint64_t offset, uint64_t length, int64_t result)
{
	ticket++;
	put(&(struct rrj_record){
		.type = RRJ_REQUEST,
		.request = { .ticket = ticket,
			     .file = ticket % 3 ? 1 : 2,
			     .op = op,
			     .calls = 1,
			     .offset = offset,
			     .length = length,
			     .result = result,
			     .checksum = op == RRJ_FLUSH ? 0 : (uint32_t)(ticket * 0x01010101),
			     .submit_icount = icount - 1000 * (int64_t)(ticket % 7) - 10,
			     .latency_ns = (int64_t)(ticket % 5) * (int64_t)(ticket % 5) * 500000 + 777,
			     .stack = ticket % 2 } });
}

static void put_round(int i, bool other)
{
	put_turn(3);
	put_request(RRJ_READ, (uint64_t)i * 65536, 4096, 4096);
	put_request(RRJ_WRITE, (uint64_t)i * 8192, 8192, i == 5 ? -5 : 8192);
	put_request(RRJ_FLUSH, 0, 0, 0);
	if (other && i == 6) {
		put_turn(1);
		put_request(RRJ_READ, 512, 512, 512);
	}
	if (i == 3)
		put(&(struct rrj_record){
			.type = RRJ_INPUT,
			.input = { .source = RRJ_GETRANDOM, .data = other ? "abce" : "abcd", .size = 4 } });
	put_turn(0);
}

static void commit(void)
{
	if (rrj_commit(writer))
		exit(1);
}

static void write_live(void)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	for (int i = 0; access("stop", F_OK); i++) {
		put_round(i, false);
		commit();
		nanosleep(&pause, NULL);
	}
}

static int write_journal(const char *folder, const char *how)
{
	int dir = mkdir(folder, 0700) ? -1 : open(folder, O_RDONLY | O_DIRECTORY);

	if (dir < 0 || rrj_writer_new(&writer) || rrj_writer_attach(writer, dir))
		return 1;
	put_head();
	if (!strcmp(how, "note"))
		put(&(struct rrj_record){ .type = RRJ_NOTE,
					  .note = { .id = "ungated-job", .text = "a job without a system call" } });
	if (!strcmp(how, "live"))
		write_live();
	for (int i = 0; i < 10; i++) {
		put_round(i, !strcmp(how, "other"));
		commit();
	}
	if (!strcmp(how, "killed"))
		_exit(0);
	put(&(struct rrj_record){ .type = RRJ_END,
				  .end = { .cause = "exit",
					   .icount = icount + 10,
					   .turns = 20,
					   .requests = ticket,
					   .inputs = 1,
					   .slices = 99,
					   .mono_ns = now + 5,
					   .real_ns = now + 1700000000000000005 } });
	return rrj_writer_close(writer) ? 1 : 0;
}

/* "TYPE COUNT" for each type of record that there is. */
static int read_journal(const char *folder)
{
	struct rrj_reader *reader;
	struct rrj_record record;
	uint64_t counts[RRJ_TYPES] = { 0 };
	int fd = open(folder, O_RDONLY), found;

	if (fd < 0 || rrj_reader_new(&reader, fd))
		return 1;
	while ((found = rrj_next(reader, &record)) > 0)
		counts[record.type]++;
	for (int i = 1; i < RRJ_TYPES; i++)
		printf("%s %" PRIu64 "\n", rrj_type_name((enum rrj_type)i), counts[i]);
	printf("%s\n", rrj_state_name(rrj_reader_state(reader)));
	rrj_reader_free(reader);
	return found ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return strcmp(argv[1], "--read") ? write_journal(argv[1], argc > 2 ? argv[2] : "") : read_journal(argv[2]);
}
