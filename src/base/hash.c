/* This file computes SHA-256, in bytes and in hexadecimal digits. */
#include "base/hash.h"

void lw_sha256_start(lw_sha256 *hash) { SHA256_Init(&hash->state); }

void lw_sha256_update(lw_sha256 *hash, const void *data, size_t length) { SHA256_Update(&hash->state, data, length); }

void lw_sha256_digest(lw_sha256 *hash, unsigned char digest[LW_SHA256_BYTES]) { SHA256_Final(digest, &hash->state); }

void lw_sha256_finish(lw_sha256 *hash, char hex[LW_SHA256_HEX]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[LW_SHA256_BYTES];
    lw_sha256_digest(hash, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[LW_SHA256_HEX - 1] = '\0';
}

void lw_sha256_of(const void *data, size_t length, char hex[LW_SHA256_HEX]) {
    lw_sha256 hash;
    lw_sha256_start(&hash);
    lw_sha256_update(&hash, data, length);
    lw_sha256_finish(&hash, hex);
}

void lw_sha256_digest_of(const void *data, size_t length, unsigned char digest[LW_SHA256_BYTES]) {
    lw_sha256 hash;
    lw_sha256_start(&hash);
    lw_sha256_update(&hash, data, length);
    lw_sha256_digest(&hash, digest);
}
