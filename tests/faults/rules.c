/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules.c - reads FAULTS, counts calls, says what becomes of each. Who calls what: faults.h; README.md has the grammar.
 */
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RULES = 32, ANSWERS = 8192 };

struct rule {
	enum fault_call call;
	struct fault fault;
	const char *text; /* in FAULTS, without what follows the rule */
	int length;
	unsigned long first, last, step;
	_Atomic unsigned long count;
};

static const char *const call_names[FAULT_CALLS] = { "read",	 "write",  "flush", "allocate",
						     "truncate", "submit", "unlock" };

static const struct {
	const char *name;
	int error;
} errors[] = { { "EIO", EIO },	   { "ENOSPC", ENOSPC }, { "EINTR", EINTR },	       { "EAGAIN", EAGAIN },
	       { "EBUSY", EBUSY }, { "EFBIG", EFBIG },	 { "EOPNOTSUPP", EOPNOTSUPP }, { "ENOMEM", ENOMEM } };

static struct rule rules[RULES];
static size_t rule_count;
static char file[PATH_MAX];
static long (*raw_syscall)(long number, ...);

void *next_function(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

/* ---- reading the rules ---- */

static _Noreturn void misunderstood(const char *text)
{
	dprintf(STDERR_FILENO, "faults: cannot understand FAULTS at: %s\n", text);
	_exit(2);
}

/* Where `text` goes on behind `word`, or NULL. */
static const char *after(const char *text, const char *word)
{
	size_t length = strlen(word);

	return strncmp(text, word, length) ? NULL : text + length;
}

static const char *take_number(const char *text, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	if (end == text)
		misunderstood(text);
	return end;
}

static const char *take_error(const char *text, int *error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const char *end = after(text, errors[i].name);

		if (end && strchr(":;", *end)) {
			*error = errors[i].error;
			return end;
		}
	}
	misunderstood(text);
}

static const char *take_when(const char *text, struct rule *rule)
{
	text = take_number(text, &rule->first);
	rule->last = rule->first;
	if (after(text, ".."))
		text = take_number(text + 2, &rule->last);
	if (*text != '+')
		return text;
	if (rule->last == rule->first)
		rule->last = ULONG_MAX;
	if (text[1] < '0' || text[1] > '9')
		return text + 1;
	return take_number(text + 1, &rule->step);
}

static const char *take_part(const char *text, struct rule *rule)
{
	unsigned long number;
	const char *value;

	if ((value = after(text, "error=")))
		return take_error(value, &rule->fault.error);
	if ((value = after(text, "when=")))
		return take_when(value, rule);
	if ((value = after(text, "short="))) {
		value = take_number(value, &number);
		rule->fault.most = (long)number;
		return value;
	}
	if ((value = after(text, "delay="))) {
		value = take_number(value, &number);
		rule->fault.delay = (unsigned)number;
		return value;
	}
	misunderstood(text);
}

static const char *take_call(const char *text, enum fault_call *call)
{
	for (int i = 0; i < FAULT_CALLS; i++) {
		const char *end = after(text, call_names[i]);

		*call = (enum fault_call)i;
		if (end)
			return end;
	}
	misunderstood(text);
}

static const char *take_rule(const char *text)
{
	struct rule *rule = &rules[rule_count++];
	const char *end;

	if (rule_count > RULES)
		misunderstood(text);
	rule->text = text;
	rule->fault.most = -1;
	rule->first = rule->step = 1;
	rule->last = ULONG_MAX;
	end = take_call(text, &rule->call);
	while (*end == ':')
		end = take_part(end + 1, rule);
	rule->length = (int)(end - text);
	return end;
}

static const char *take_file(const char *text)
{
	size_t length = strcspn(text, ";");

	if (length >= sizeof(file))
		misunderstood(text);
	memcpy(file, text, length);
	return text + length;
}

__attribute__((constructor)) static void read_rules(void)
{
	const char *text = getenv("FAULTS"), *value;

	*(void **)&raw_syscall = next_function("syscall");
	while (text && *text) {
		value = after(text, "file=");
		text = value ? take_file(value) : take_rule(text);
		if (*text && *text != ';')
			misunderstood(text);
		text += *text == ';';
	}
}

/* ---- deciding ---- */

static bool is_meant(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return false;
	path[length] = '\0';
	return strstr(path, file);
}

/* Past all that others may have put between us and the kernel. */
static void note(const struct rule *rule, unsigned long number)
{
	static _Atomic int log = -1;
	const char *name = getenv("FAULTS_LOG");
	char line[256];
	int length;

	if (!name)
		return;
	if (log < 0)
		log = (int)raw_syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	length = snprintf(line, sizeof(line), "%lu %.*s\n", number, rule->length, rule->text);
	raw_syscall(SYS_write, log, line, (size_t)length);
}

struct fault fault_of(enum fault_call call, int fd)
{
	struct fault fault = { .most = -1 };
	int saved = errno;

	if (!rule_count || (fd >= 0 && !is_meant(fd))) {
		errno = saved;
		return fault;
	}
	for (struct rule *rule = rules; rule < rules + rule_count; rule++) {
		unsigned long number;

		if (rule->call != call)
			continue;
		number = ++rule->count;
		if (number < rule->first || number > rule->last || (number - rule->first) % rule->step)
			continue;
		note(rule, number);
		fault = rule->fault;
	}
	errno = saved;
	return fault;
}

void fault_delay(const struct fault *fault)
{
	const struct timespec pause = { fault->delay / 1000, fault->delay % 1000 * 1000000L };
	int saved = errno;

	if (fault->delay)
		nanosleep(&pause, NULL);
	errno = saved;
}

/* ---- answers to requests ---- */

static struct answer answers[ANSWERS];
static atomic_flag answers_lock = ATOMIC_FLAG_INIT;

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&answers_lock, memory_order_acquire))
		;
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&answers_lock, memory_order_release);
}

static struct answer *find(uint64_t cookie)
{
	for (struct answer *answer = answers; answer < answers + ANSWERS; answer++)
		if (answer->cookie == cookie)
			return answer;
	return NULL;
}

struct answer *answer_keep(uint64_t cookie, const struct fault *fault)
{
	struct answer *answer;

	lock();
	answer = find(cookie);
	if (!answer)
		answer = find(0);
	if (!answer)
		abort();
	answer->cookie = cookie;
	answer->fault = *fault;
	unlock();
	return answer;
}

bool answer_take(uint64_t cookie, struct fault *fault)
{
	struct answer *answer;

	lock();
	answer = cookie ? find(cookie) : NULL;
	if (answer) {
		*fault = answer->fault;
		answer->cookie = 0;
	}
	unlock();
	return answer;
}
