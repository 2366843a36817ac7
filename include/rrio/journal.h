/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - what a journal holds, and how it is written and read (librrj.a).
 *
 * A recording is a folder with a journal: one stream of records in the order in which the emulator met them. The writer is used by one thread at
 * a time (in librrio.so: whoever holds the turnstile), a reader by one thread; any number of readers may follow one
 * writer. Nothing here prints, exits or keeps a lock. Every function returns 0 or a positive count on success and
 * -errno on failure; rrj_append, rrj_commit and rrj_next do not allocate. The bytes on disk are specified in journal/FORMAT.md.
 *
 * Units: instruction counts are guest instructions since the guest's start; times are nanoseconds; offsets and
 * lengths are bytes.
 */
#ifndef RRIO_JOURNAL_H
#define RRIO_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rrj_type {
	RRJ_START = 1, /* once, first: everything needed to replay */
	RRJ_FILE,      /* a file on which the emulator does disk I/O, before its first request */
	RRJ_TURN,      /* a turn starts; its `releases` requests follow at once */
	RRJ_REQUEST,   /* a request that the turn before it released */
	RRJ_INPUT,     /* bytes from outside: randomness, a signal */
	RRJ_NOTE,      /* something that was not controlled, as text */
	RRJ_END,       /* once, last: why the recording ended, and totals */
	RRJ_STACK,     /* a chain of the emulator's calls, before the first request that was submitted through it */
	RRJ_TYPES,     /* one more than the last */
};

/* Where a turn starts. The order of the values is part of the format. */
enum rrj_kind {
	RRJ_SLICE = 1, /* at the first slice start at its instruction count */
	RRJ_STALL,     /* the vCPU thread waits for a timer that only the main loop runs */
	RRJ_IDLE,      /* every vCPU is idle or stopped */
	RRJ_NESTED,    /* a blocking poll with the BQL held, inside a turn, in a device access, or at start-up and exit */
	RRJ_AGAIN,     /* right behind the turn before it, of the same loop and at its place: nothing else has run */
};

enum rrj_op {
	RRJ_READ = 1,
	RRJ_WRITE,
	RRJ_FLUSH,    /* fdatasync, fsync */
	RRJ_ALLOCATE, /* fallocate: write zeroes, discard, preallocation */
	RRJ_TRUNCATE,
	RRJ_COPY,   /* copy_file_range */
	RRJ_IOCTL,  /* offset holds the request number */
	RRJ_OPAQUE, /* a job that published without a system call of ours */
	RRJ_COMPUTE, /* no I/O: a job that calls a library to compress or encrypt */
};

enum rrj_source {
	RRJ_GNUTLS_RND = 1,
	RRJ_GETRANDOM,
	RRJ_G_RANDOM,
	RRJ_RANDOM_DEVICE, /* read() of /dev/urandom, /dev/random or /dev/hwrng */
	RRJ_SIGNAL,        /* struct rrj_signal */
	RRJ_SEEK,          /* lseek of a file: where its end, its data or a hole is */
	RRJ_PROBE,         /* the result of a read that only tries whether the host allows it */
	RRJ_DEVICE,        /* ioctl of a file: its result, then what it has filled in */
	/* Descriptors that stand for something outside. FORMAT.md, section 6. */
	RRJ_READY,         /* what one poll says of them */
	RRJ_RECEIVED,      /* a call that hands bytes to the emulator: read, recv, … */
	RRJ_SENT,          /* a call that takes bytes from it: write, send, … */
	RRJ_CALLED,        /* any other call on one: socket, accept, connect, ioctl, … */
	RRJ_LOOKED_UP,     /* what the host knows: names and addresses, its name servers, how a program ended */
};

/* The call of an input from RRJ_RECEIVED on. The order of the values is part of the format. */
enum rrj_call {
	RRJ_CALL_READ = 1, RRJ_CALL_READV, RRJ_CALL_RECV, RRJ_CALL_RECVFROM, RRJ_CALL_RECVMSG,
	RRJ_CALL_WRITE, RRJ_CALL_WRITEV, RRJ_CALL_SEND, RRJ_CALL_SENDTO, RRJ_CALL_SENDMSG,
	RRJ_CALL_OPEN, RRJ_CALL_SOCKET, RRJ_CALL_SOCKETPAIR, RRJ_CALL_OPENPTY, RRJ_CALL_ACCEPT, RRJ_CALL_BIND,
	RRJ_CALL_LISTEN, RRJ_CALL_CONNECT, RRJ_CALL_SHUTDOWN, RRJ_CALL_GETSOCKNAME, RRJ_CALL_GETPEERNAME,
	RRJ_CALL_GETSOCKOPT, RRJ_CALL_SETSOCKOPT, RRJ_CALL_IOCTL, RRJ_CALL_FCNTL, RRJ_CALL_TCGETATTR,
	RRJ_CALL_TCSENDBREAK, RRJ_CALL_PTSNAME, RRJ_CALL_UNLINK, RRJ_CALL_ISATTY,
	RRJ_CALL_GETADDRINFO, RRJ_CALL_STAT, RRJ_CALL_READ_FILE, RRJ_CALL_SPAWN, RRJ_CALL_WAITPID,
	RRJ_CALLS /* behind the last one */
};

/* Which data of requests the recording holds. */
enum rrj_data { RRJ_DATA_DIGEST = 1, RRJ_DATA_FULL, RRJ_DATA_NONE };

/* A list of strings, each with its NUL, one behind the other. */
struct rrj_strings {
	const char *bytes;
	size_t size;
};

struct rrj_start {
	uint8_t id[16];             /* random: tells one recording from another */
	uint32_t needs;             /* what a reader has to know of: RRJ_NEEDS_… */
	const char *rrio_version;
	const char *emulator;       /* absolute path */
	const char *emulator_version;
	const char *build_id;       /* hexadecimal; empty when the emulator has none */
	uint64_t emulator_size;
	const char *cwd;
	struct rrj_strings argv;
	struct rrj_strings env;     /* NAME=VALUE: what can change what the emulator does */
	enum rrj_data data;
	int64_t mono_ns, real_ns;   /* CLOCK_MONOTONIC and CLOCK_REALTIME as start-up sees them */
	uint32_t checks;            /* what turns have digests of: RRJ_CHECK_… */
};

enum {
	RRJ_NEEDS_OUTSIDE = 2, /* inputs from outside: RRJ_READY to RRJ_LOOKED_UP */
};

/* Which digests a recording has; 0: one of a version that made none. */
enum {
	RRJ_CHECK_TRAIL = 1,     /* of everything between two turns that is the same in every run; with CHAIN: so far */
	RRJ_CHECK_REGISTERS = 2, /* of all virtual CPUs' registers, but for nested turns */
	RRJ_CHECK_MEMORY = 4,    /* of the guest's memory, at some turns */
	RRJ_CHECK_CHAIN = 8,     /* the trail's digest goes on from turn to turn, and only some turns have it */
};

enum { RRJ_FILE_TEMPORARY = 1, RRJ_FILE_READ_ONLY = 2, RRJ_FILE_DEVICE = 4 };

struct rrj_file {
	uint32_t id;         /* 1, 2, … in order of first use */
	uint32_t flags;
	uint64_t size;       /* before its first request */
	int64_t mtime_ns;
	uint64_t digest;     /* of samples of its content; 0 for temporary files */
	const char *path;
};

struct rrj_turn {
	uint64_t seq;        /* 1, 2, …; filled in by the writer */
	enum rrj_kind kind;
	uint32_t loop;       /* whose turn: 0 the main loop; 1, 2, … iothreads in the order of their creation */
	int64_t icount;
	int64_t mono_ns, real_ns;
	uint32_t releases;
	uint32_t trail;      /* digests, see RRJ_CHECK_…; 0: none */
	uint32_t registers, memory;
};

/* Of a job of several system calls, so many results are kept beside the last. */
enum { RRJ_RESULTS = 7 };

struct rrj_request {
	uint64_t ticket;
	uint32_t file;          /* rrj_file.id; 0: none */
	enum rrj_op op;
	uint32_t calls;         /* system calls that the job made */
	uint64_t offset, length;
	int64_t result;         /* bytes or 0, or -errno, of the job's last call */
	uint32_t checksum;      /* of the data read or written; 0 without data */
	int64_t submit_icount;  /* -1: unknown */
	int64_t latency_ns;     /* of the host: from the job's start to its last call's return */
	int64_t results[RRJ_RESULTS]; /* of the calls before the last one; only if these are no more than that */
	uint32_t stack;         /* rrj_stack.id: the calls through which it was submitted; 0: not recorded */
};

struct rrj_signal {
	int32_t signo, code;
	int32_t pid;
	uint32_t uid;
};

struct rrj_input {
	enum rrj_source source;
	const void *data;
	size_t size;
	int64_t icount;      /* where it was asked for; -1: an older version did not say */
};

struct rrj_note {
	const char *id;      /* short and stable: ungated-job, … */
	const char *text;
};

/*
 * A chain of calls, innermost first, each a string "SYMBOL+0xOFFSET FILE+0xOFFSET": in the function, then in the
 * executable or library. A symbol that is not known is "?".
 */
struct rrj_stack {
	uint32_t id;         /* 1, 2, … in order of first use */
	struct rrj_strings frames;
};

struct rrj_end {
	const char *cause;   /* exit, signal 15, no space left on device, … */
	int64_t icount;      /* final guest instruction count */
	uint64_t turns, requests, inputs, slices;
	int64_t mono_ns, real_ns;
	uint32_t trail;      /* as a turn's: of what came after the last one */
};

struct rrj_record {
	enum rrj_type type;
	union {
		struct rrj_start start;
		struct rrj_file file;
		struct rrj_turn turn;
		struct rrj_request request;
		struct rrj_input input;
		struct rrj_note note;
		struct rrj_end end;
		struct rrj_stack stack;
	};
};

/* ---- writing ---- */

struct rrj_writer;

/*
 * Makes a writer. Until rrj_writer_attach it keeps what is appended in memory (so that an emulator that only prints
 * its version leaves no recording), at least 1 MiB beside a START of any size; then rrj_append says -ENOBUFS.
 */
int rrj_writer_new(struct rrj_writer **writer);

/*
 * Makes the files of a recording in the folder `dir` (which stays the caller's), writes what was kept to them, locks
 * the journal (flock) and starts a thread that compresses. -EEXIST: there is a recording; -EINVAL: the writer has one.
 */
int rrj_writer_attach(struct rrj_writer *writer, int dir);

/* Encodes one record into the writer's buffer, behind the ones before it. */
int rrj_append(struct rrj_writer *writer, const struct rrj_record *record);

/*
 * When this returns 0, everything appended is in the page cache: it survives the death of the process. -ECHILD in a
 * forked child, where nothing is written.
 */
int rrj_commit(struct rrj_writer *writer);

/* Bytes of records that have been committed to files, decoded; the position an error message names. */
uint64_t rrj_writer_size(const struct rrj_writer *writer);

/* Commits, seals, leaves one file, closes and frees. The END record is the caller's to append before. */
int rrj_writer_close(struct rrj_writer *writer);

/* ---- reading ---- */

struct rrj_reader;

/* How far the bytes at hand carry, after rrj_next has returned 0 or an error. */
enum rrj_state {
	RRJ_MORE,    /* not at the end yet */
	RRJ_WHOLE,   /* ended with its END record */
	RRJ_EARLY,   /* ends early but clean: at a commit, or torn inside the last one */
	RRJ_DAMAGED, /* bytes that no writer wrote, with more behind them */
};

/*
 * Makes a reader of fd, a recording's folder or a journal alone, which it does not close. Refuses what is no recording:
 * -ENOENT: a folder without a journal; -EMEDIUMTYPE: not a journal; -EBADMSG: a journal whose file header is damaged;
 * -EPROTONOSUPPORT: a newer or foreign version, or a required part we do not know.
 */
int rrj_reader_new(struct rrj_reader **reader, int fd);

/*
 * The next record: 1 and *record, whose pointers hold until the next call; 0 at the end (see rrj_reader_state; a
 * later call goes on if the recording has grown meanwhile); -EBADMSG at damage; another -errno when reading failed.
 */
int rrj_next(struct rrj_reader *reader, struct rrj_record *record);

enum rrj_state rrj_reader_state(const struct rrj_reader *reader);

/* Where the frame or block is that the last record, the end or the damage is in: byte offset, and name of the file. */
uint64_t rrj_reader_offset(const struct rrj_reader *reader);
const char *rrj_reader_file(const struct rrj_reader *reader);

/*
 * Goes back or forth to a block with nothing after its start left out: the first turn at that instruction count or
 * later, or with that number, is still to come. At the first block, START is too.
 */
int rrj_seek_icount(struct rrj_reader *reader, int64_t icount);
int rrj_seek_turn(struct rrj_reader *reader, uint64_t seq);

void rrj_reader_free(struct rrj_reader *reader);

/* ---- what is written in few bytes ---- */

/* A turn's time that is a multiple of this away from the turn before. */
enum { RRJ_TICK_NS = 4096 };

/* The latency, a 16th shorter at most, that a request can have in one byte; what is longer than 32 ms stays as it is. */
int64_t rrj_round_latency(int64_t ns);

/* ---- inputs from outside ---- */

struct rrj_exchange {
	uint64_t descriptor; /* its number; 0: none */
	enum rrj_call call;
	int64_t result;   /* -errno for an error */
	bool takes;       /* the call takes bytes: */
	uint32_t digest;  /* of them; up to four are these themselves */
	const void *data; /* what it hands back, if that is plain data */
	size_t size;
};

/* false: the input is none of RRJ_RECEIVED to RRJ_LOOKED_UP. What it points to is the input's. */
bool rrj_exchange_get(struct rrj_exchange *exchange, const struct rrj_input *input);

/* The i-th descriptor of an RRJ_READY, and the events of its poll; false behind the last. */
bool rrj_ready_get(const struct rrj_input *input, size_t i, uint64_t *descriptor, uint64_t *events);

/* ---- names, for messages and viewers; never NULL ---- */

const char *rrj_type_name(enum rrj_type type);
const char *rrj_kind_name(enum rrj_kind kind);
const char *rrj_op_name(enum rrj_op op);
const char *rrj_source_name(enum rrj_source source);
const char *rrj_call_name(enum rrj_call call);
const char *rrj_data_name(enum rrj_data data);
const char *rrj_state_name(enum rrj_state state);

#endif
