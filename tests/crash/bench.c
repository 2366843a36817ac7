// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.c - writes a journal of so many requests, as a guest that reads files makes them, and says what a commit cost.
 *
 * bench FOLDER [REQUESTS]. One thread, and the sealer's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rrio/journal.h"

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put(struct rrj_writer *writer, const struct rrj_record *record)
{
	int error = rrj_append(writer, record);

	if (error) {
		fprintf(stderr, "bench: %s\n", strerror(-error));
		exit(1);
	}
}

/* A turn with one to three requests; mostly the next 4 KiB. Returns how many. */
static uint64_t put_turn(struct rrj_writer *writer, struct rrj_turn *turn, struct rrj_request *request, uint64_t *seed)
{
	uint32_t n = 1 + (uint32_t)(next(seed) % 3);

	turn->icount += (int64_t)(next(seed) % 400000);
	turn->mono_ns += (int64_t)(next(seed) % 100000);
	turn->real_ns = turn->mono_ns + 1700000000000000000;
	turn->releases = n;
	put(writer, &(struct rrj_record){ .type = RRJ_TURN, .turn = *turn });
	for (uint32_t i = 0; i < n; i++) {
		request->ticket++;
		request->offset = next(seed) % 8 ? request->offset + request->length : next(seed) % (1 << 20) * 512;
		request->op = next(seed) % 4 ? RRJ_READ : RRJ_WRITE;
		request->checksum = (uint32_t)next(seed);
		request->submit_icount = turn->icount - (int64_t)(next(seed) % 300000);
		request->latency_ns = (int64_t)(next(seed) % 200000);
		put(writer, &(struct rrj_record){ .type = RRJ_REQUEST, .request = *request });
	}
	return n;
}

int main(int argc, char **argv)
{
	uint64_t wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000, done = 0, commits = 0, seed = 42;
	struct rrj_turn turn = { .kind = RRJ_SLICE };
	struct rrj_request request = { .file = 1, .calls = 1, .length = 4096, .result = 4096 };
	struct rrj_record start = { .type = RRJ_START, .start = { .id = "bench", .data = RRJ_DATA_DIGEST } };
	struct rrj_writer *writer;
	double began = now(), took;
	int dir;

	if (argc < 2 || mkdir(argv[1], 0700) || (dir = open(argv[1], O_RDONLY | O_DIRECTORY)) < 0 ||
	    rrj_writer_new(&writer) || rrj_writer_attach(writer, dir)) {
		fprintf(stderr, "usage: bench NEW-FOLDER [REQUESTS]\n");
		return 2;
	}
	put(writer, &start);
	while (done < wanted) {
		done += put_turn(writer, &turn, &request, &seed);
		commits++;
		if (rrj_commit(writer))
			return 1;
	}
	took = now() - began;
	put(writer, &(struct rrj_record){
			    .type = RRJ_END,
			    .end = { .cause = "exit", .icount = turn.icount, .turns = commits, .requests = done } });
	printf("%llu requests in %llu commits: %.2f us a commit, %.0f MB of records, %.0f MB of record structs\n",
	       (unsigned long long)done, (unsigned long long)commits, took * 1e6 / (double)commits,
	       (double)rrj_writer_size(writer) / 1e6, (double)((done + commits) * sizeof(start)) / 1e6);
	return rrj_writer_close(writer) ? 1 : 0;
}
