#include "base/hash.h"

#include <sodium/utils.h>

void lw_sha256_start(lw_sha256 *hash) { crypto_hash_sha256_init(&hash->state); }

void lw_sha256_update(lw_sha256 *hash, const void *data, size_t length) {
    crypto_hash_sha256_update(&hash->state, data, length);
}

void lw_sha256_finish(lw_sha256 *hash, char hex[LW_SHA256_HEX]) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&hash->state, digest);
    sodium_bin2hex(hex, LW_SHA256_HEX, digest, sizeof digest);
}

void lw_sha256_of(const void *data, size_t length, char hex[LW_SHA256_HEX]) {
    lw_sha256 hash;
    lw_sha256_start(&hash);
    lw_sha256_update(&hash, data, length);
    lw_sha256_finish(&hash, hex);
}
