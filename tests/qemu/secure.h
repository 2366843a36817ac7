/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secure.h - TLS on a person's place, and the answer that a VNC server asks for. One place at a time; libgnutls.
 */
#ifndef TESTS_QEMU_SECURE_H
#define TESTS_QEMU_SECURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* TLS begins on a descriptor that does not block: anonymous, or with the certificates of a folder. Ends the process. */
void secure_begin(int fd, const char *folder);

/* Both sides have agreed; reading goes on with that. */
bool secure_agreed(void);

/* As read() and write(): through TLS, where it has begun on the descriptor. */
ssize_t secure_read(int fd, void *data, size_t size);
ssize_t secure_write(int fd, const void *data, size_t size);

/* The place is closed. */
void secure_end(void);

enum { CHALLENGE_SIZE = 16 };

/* RFC 6143, 7.2.2: the challenge, encrypted with the password. */
void secure_answer(const char *password, const uint8_t *challenge, uint8_t *answer);

#endif
