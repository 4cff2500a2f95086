/**
 * @file hash.h
 * SHA-256 as 64 lower-case hexadecimal digits, in one call or in pieces. Source: FIPS 180-4; computed by libsodium.
 */
#ifndef LW_BASE_HASH_H
#define LW_BASE_HASH_H

#include <stddef.h>

#include <sodium/crypto_hash_sha256.h>

enum { LW_SHA256_HEX = 65 };

/** A hash in the making. Needs no clean-up. */
typedef struct lw_sha256 {
    crypto_hash_sha256_state state;
} lw_sha256;

void lw_sha256_start(lw_sha256 *hash);
void lw_sha256_update(lw_sha256 *hash, const void *data, size_t length);
/** The digest of all that was added, NUL-terminated; ends `hash`. */
void lw_sha256_finish(lw_sha256 *hash, char hex[LW_SHA256_HEX]);
/** The three in one. */
void lw_sha256_of(const void *data, size_t length, char hex[LW_SHA256_HEX]);

#endif
