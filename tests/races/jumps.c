/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jumps.c - the C library's sigsetjmp and siglongjmp, past ThreadSanitizer's.
 *
 * QEMU's coroutines jump between stacks (util/coroutine-ucontext.c), which ThreadSanitizer takes for a wrong jump and
 * ends the process. In LD_PRELOAD between the library and the sanitizer's runtime.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdlib.h>

void *jumps_sigsetjmp __attribute__((visibility("hidden")));
static void (*jump)(sigjmp_buf environment, int value);

__attribute__((constructor)) static void find(void)
{
	void *library = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

	jumps_sigsetjmp = library ? dlsym(library, "__sigsetjmp") : NULL;
	*(void **)&jump = library ? dlsym(library, "siglongjmp") : NULL;
	if (!jumps_sigsetjmp || !jump)
		abort();
}

/* It returns twice: no function may be between it and its caller. */
__asm__(".globl __sigsetjmp\n"
	".type __sigsetjmp, @function\n"
	"__sigsetjmp:\n"
	"	jmp *jumps_sigsetjmp(%rip)\n");

_Noreturn void siglongjmp(sigjmp_buf environment, int value)
{
	jump(environment, value);
	abort();
}
