/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.S - what C cannot: the multiboot header, the first instructions of every processor, and the entry of every
 * interrupt. Calls start() with the multiboot words on the boot processor, smp_enter() on the others; neither returns.
 */
	.set	MAGIC, 0x1badb002
	.set	FLAGS, 0x2			/* tell us the memory; the command line comes anyway */
	.set	STACK_SIZE, 16384
	.set	VECTORS, 66			/* interrupt.h */
	.set	HAS_ERROR_CODE, 0x00227d00	/* vectors 8, 10 to 14, 17, 21 */

	.section .multiboot, "a"
	.align	4
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)

	.text
	.code32
	.globl	_start
_start:
	cli
	cld
	movl	$boot_stack + STACK_SIZE, %esp
	lgdt	gdt_pointer
	ljmp	$8, $1f
1:	call	load_segments
	pushl	%ebx
	call	start

load_segments:
	movw	$16, %cx
	movw	%cx, %ds
	movw	%cx, %es
	movw	%cx, %fs
	movw	%cx, %gs
	movw	%cx, %ss
	ret

	/* A further processor in protected mode: it takes the next number, and the stack that goes with it. */
application_processor:
	movw	$16, %cx
	movw	%cx, %ds
	movl	$1, %eax
	lock xaddl %eax, smp_arrived
	movl	%eax, %edx
	shll	$12, %edx
	leal	smp_stacks + 4096(%edx), %edx
	movw	%cx, %ss
	movl	%edx, %esp
	call	load_segments
	pushl	%eax
	call	smp_enter

	/* smp.c copies it below 1 MiB; it runs there in real mode, with cs pointing at its first byte. */
	.code16
	.globl	trampoline
trampoline:
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	trampoline_gdt - trampoline
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$8, $application_processor
trampoline_gdt:
	.word	23
	.long	gdt
trampoline_end:

	.code32
	.macro	stub n
stub_\n:
	.if	\n > 31
	pushl	$0
	.elseif	!((HAS_ERROR_CODE >> \n) & 1)
	pushl	$0
	.endif
	pushl	$\n
	jmp	entered
	.endm

	.altmacro
	.set	i, 0
	.rept	VECTORS
	stub	%i
	.set	i, i + 1
	.endr

entered:
	pushal
	cld
	pushl	%esp
	call	interrupt
	addl	$4, %esp
	popal
	addl	$8, %esp
	iretl

	.section .rodata
	.globl	trampoline_size
	.align	4
trampoline_size:
	.long	trampoline_end - trampoline

	.macro	stub_address n
	.long	stub_\n
	.endm

	.globl	vector_stubs
	.align	4
vector_stubs:
	.set	i, 0
	.rept	VECTORS
	stub_address %i
	.set	i, i + 1
	.endr

	.align	8
gdt:
	.quad	0
	.quad	0x00cf9a000000ffff		/* 8: flat code */
	.quad	0x00cf92000000ffff		/* 16: flat data */
gdt_pointer:
	.word	23
	.long	gdt

	.bss
	.align	16
boot_stack:
	.skip	STACK_SIZE

	.section .note.GNU-stack, "", @progbits
