/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm.S - a guest for qemu-system-aarch64 -M virt: computes between interrupts of its timer, says what it has computed.
 *
 * One processor, EL1, no MMU. After each of TICKS interrupts it prints a line: the tick, and a hash over what it has done
 * and at which count of the virtual counter it was interrupted. Every third tick it waits (wfi). Then it is switched off.
 */
	.set	GICD, 0x08000000
	.set	GICC, 0x08010000
	.set	UART, 0x09000000
	.set	TIMER, 30		/* the physical timer's interrupt */
	.set	TICKS, 40
	.set	PSCI_OFF, 0x84000008

	.global	_start
	.section .text, "ax"
_start:
	ldr	x0, =stack
	mov	sp, x0
	ldr	x0, =vectors
	msr	vbar_el1, x0
	ldr	x1, =GICD
	mov	w0, #1
	str	w0, [x1]
	mov	w0, #1 << TIMER
	str	w0, [x1, #0x100]
	ldr	x1, =GICC
	mov	w0, #0xff
	str	w0, [x1, #4]
	mov	w0, #1
	str	w0, [x1]
	bl	arm_timer
	mov	x0, #1
	msr	cntp_ctl_el0, x0
	mov	x19, #0			/* ticks seen */
	ldr	x20, =0xcbf29ce484222325 /* the hash */
	ldr	x21, =ticks
	msr	daifclr, #2

work:
	bl	mix
	ldr	x0, [x21]
	cmp	x0, x19
	b.eq	work
	mov	x19, x0
	mrs	x1, cntvct_el0
	eor	x20, x20, x1
	bl	mix
	bl	print
	mov	x1, #3
	udiv	x0, x19, x1
	msub	x0, x0, x1, x19
	cbnz	x0, next
	wfi
next:
	cmp	x19, #TICKS
	b.lt	work
	ldr	x0, =PSCI_OFF
	hvc	#0
	b	.

mix:
	ldr	x1, =0x100000001b3
	mul	x20, x20, x1
	eor	x20, x20, x20, lsr #29
	ret

	/* "TICK HASH\n", in hexadecimal */
print:
	ldr	x2, =UART
	mov	x3, x19
	mov	x4, #8
	mov	x6, x30
	bl	digits
	mov	w0, #' '
	str	w0, [x2]
	mov	x3, x20
	mov	x4, #64
	bl	digits
	mov	w0, #'\n'
	str	w0, [x2]
	ret	x6
digits:
	sub	x4, x4, #4
	lsr	x0, x3, x4
	and	x0, x0, #15
	cmp	x0, #10
	add	x1, x0, #'0'
	add	x5, x0, #'a' - 10
	csel	x0, x1, x5, lt
	str	w0, [x2]
	cbnz	x4, digits
	ret

	/* In a thousandth of a second */
arm_timer:
	mrs	x0, cntfrq_el0
	mov	x1, #1000
	udiv	x0, x0, x1
	msr	cntp_tval_el0, x0
	ret

	.global	interrupt
interrupt:
	stp	x0, x1, [sp, #-32]!
	stp	x2, x30, [sp, #16]
	ldr	x2, =GICC
	ldr	w0, [x2, #12]
	str	w0, [x2, #16]
	bl	arm_timer
	ldr	x2, =ticks
	ldr	x0, [x2]
	add	x0, x0, #1
	str	x0, [x2]
	ldp	x2, x30, [sp, #16]
	ldp	x0, x1, [sp], #32
	eret

	.balign	2048
vectors:
	.rept	5
	b	.
	.balign	128
	.endr
	b	interrupt
	.balign	128
	.rept	10
	b	.
	.balign	128
	.endr

	.section .bss, "aw", %nobits
	.balign	16
	.skip	4096
stack:
	.global	ticks
ticks:
	.skip	8
