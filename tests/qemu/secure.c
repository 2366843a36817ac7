/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secure.c - see secure.h. What TLS says of the other side is believed only with certificates. What cannot be set up
 * ends the process; what fails later is the end of the connection, as a plain one's would be.
 */
#include "secure.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	gnutls_session_t session;
	gnutls_anon_client_credentials_t anonymous;
	gnutls_certificate_credentials_t certificates;
	int fd;
	bool agreed;
} tls = { .fd = -1 };

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "person: %s: %s\n", what, gnutls_strerror(result));
	exit(1);
}

/* -1 with errno, as a system call's. */
static ssize_t as_call(ssize_t result)
{
	if (result >= 0)
		return result;
	errno = gnutls_error_is_fatal((int)result) ? ECONNRESET : EAGAIN;
	return -1;
}

static void load_certificates(const char *folder)
{
	char authority[512], certificate[512], key[512];

	snprintf(authority, sizeof(authority), "%s/ca-cert.pem", folder);
	snprintf(certificate, sizeof(certificate), "%s/client-cert.pem", folder);
	snprintf(key, sizeof(key), "%s/client-key.pem", folder);
	must(gnutls_certificate_allocate_credentials(&tls.certificates), "certificates");
	must(gnutls_certificate_set_x509_trust_file(tls.certificates, authority, GNUTLS_X509_FMT_PEM), authority);
	must(gnutls_certificate_set_x509_key_file(tls.certificates, certificate, key, GNUTLS_X509_FMT_PEM),
	     certificate);
	must(gnutls_credentials_set(tls.session, GNUTLS_CRD_CERTIFICATE, tls.certificates), folder);
	gnutls_session_set_verify_cert(tls.session, NULL, 0);
}

static void agree(void)
{
	int result = gnutls_handshake(tls.session);

	if (result < 0 && gnutls_error_is_fatal(result))
		must(result, "TLS");
	tls.agreed = result == GNUTLS_E_SUCCESS;
}

void secure_begin(int fd, const char *folder)
{
	must(gnutls_init(&tls.session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), "TLS");
	if (folder) {
		load_certificates(folder);
		must(gnutls_set_default_priority(tls.session), "TLS");
	} else {
		must(gnutls_anon_allocate_client_credentials(&tls.anonymous), "TLS");
		must(gnutls_credentials_set(tls.session, GNUTLS_CRD_ANON, tls.anonymous), "TLS");
		must(gnutls_priority_set_direct(tls.session, "NORMAL:+ANON-ECDH:+ANON-DH", NULL), "TLS");
	}
	gnutls_transport_set_int(tls.session, fd);
	tls.fd = fd;
	agree();
}

bool secure_agreed(void)
{
	return tls.agreed;
}

ssize_t secure_read(int fd, void *data, size_t size)
{
	if (fd != tls.fd)
		return read(fd, data, size);
	if (!tls.agreed) {
		agree();
		errno = EAGAIN;
		return -1;
	}
	return as_call(gnutls_record_recv(tls.session, data, size));
}

ssize_t secure_write(int fd, const void *data, size_t size)
{
	return fd == tls.fd ? as_call(gnutls_record_send(tls.session, data, size)) : write(fd, data, size);
}

void secure_end(void)
{
	if (tls.session)
		gnutls_deinit(tls.session);
	if (tls.anonymous)
		gnutls_anon_free_client_credentials(tls.anonymous);
	if (tls.certificates)
		gnutls_certificate_free_credentials(tls.certificates);
	memset(&tls, 0, sizeof(tls));
	tls.fd = -1;
}

static uint8_t mirrored(uint8_t byte)
{
	uint8_t result = 0;

	for (int i = 0; i < 8; i++)
		result |= (uint8_t)((byte >> i & 1) << (7 - i));
	return result;
}

enum { BLOCK = 8 };

/* DES is what three times DES with one key comes to. VNC takes a byte's bits in the other order. */
static void make_key(const char *password, uint8_t *text)
{
	for (size_t i = 0; i < BLOCK && password[i]; i++)
		for (size_t key = 0; key < 3; key++)
			text[key * BLOCK + i] = mirrored((uint8_t)password[i]);
}

void secure_answer(const char *password, const uint8_t *challenge, uint8_t *answer)
{
	uint8_t text[3 * BLOCK] = { 0 }, none[BLOCK] = { 0 };
	gnutls_datum_t key = { text, sizeof(text) }, start = { none, BLOCK };

	make_key(password, text);
	for (size_t at = 0; at < CHALLENGE_SIZE; at += BLOCK) {
		gnutls_cipher_hd_t cipher;

		must(gnutls_cipher_init(&cipher, GNUTLS_CIPHER_3DES_CBC, &key, &start), "DES");
		must(gnutls_cipher_encrypt2(cipher, challenge + at, BLOCK, answer + at, BLOCK), "DES");
		gnutls_cipher_deinit(cipher);
	}
}
