/**
 * @file hash.h
 * SHA-256 as 64 lower-case hexadecimal digits, in one call or in pieces. Source: FIPS 180-4; computed by OpenSSL's
 * libcrypto, which uses the processor's SHA instructions, so that the hash of a model takes milliseconds.
 */
#ifndef LW_BASE_HASH_H
#define LW_BASE_HASH_H

#include <stddef.h>

/* The calls below cannot fail; the newer ones that OpenSSL prefers allocate. */
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

enum { LW_SHA256_BYTES = SHA256_DIGEST_LENGTH, LW_SHA256_HEX = 2 * LW_SHA256_BYTES + 1 };

/** A hash in the making. Needs no clean-up. */
typedef struct lw_sha256 {
    SHA256_CTX state;
} lw_sha256;

void lw_sha256_start(lw_sha256 *hash);
void lw_sha256_update(lw_sha256 *hash, const void *data, size_t length);
/** The digest of all that was added; ends `hash`. */
void lw_sha256_digest(lw_sha256 *hash, unsigned char digest[LW_SHA256_BYTES]);
/** The same as digits, NUL-terminated. */
void lw_sha256_finish(lw_sha256 *hash, char hex[LW_SHA256_HEX]);
/** All of it for one piece. SHA256() would allocate, and give no digest where it cannot. */
void lw_sha256_of(const void *data, size_t length, char hex[LW_SHA256_HEX]);
void lw_sha256_digest_of(const void *data, size_t length, unsigned char digest[LW_SHA256_BYTES]);

#endif
