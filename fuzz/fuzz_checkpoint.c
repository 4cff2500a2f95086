/* A fuzz harness that loads its input as the checkpoint of a training, as it is and with the hash that belongs to it. */
#define _GNU_SOURCE /* memmem */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/safetensors.h"
#include "harness.h"
#include "train/run_folder.h"

/** Sizes of the state that the seeds hold. */
enum { TOTAL = 6, TRAINABLE = 4 };
static const char configuration[] = "{\"batch\":32}";

static void load(fuzz_part checkpoint) {
    lw_train_state state;
    bool found;
    lw_error err;
    fuzz_write(LW_CHECKPOINT_A, checkpoint);
    if (lw_train_state_create(TOTAL, TRAINABLE, 1e-3, false, &state, &err) != LW_OK)
        return;
    fuzz_check(lw_checkpoint_load(fuzz_folder(), configuration, &state, &found, &err), &err);
    lw_train_state_free(&state);
}

/** The hash of all that a checkpoint holds; false where it lacks a part. */
static bool hash_of(const lw_safetensors *file, char hex[LW_SHA256_HEX]) {
    static const char *const names[] = {"values",  "best_values", "adam_m", "adam_v",
                                        "history", "counts",      "reals",  "average"};
    const char *stored = lw_safetensors_metadata(file, "leadwise.configuration");
    if (!stored)
        return false;
    lw_sha256 hash;
    lw_sha256_start(&hash);
    lw_sha256_update(&hash, stored, strlen(stored) + 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const lw_tensor *tensor = lw_safetensors_find(file, names[i]);
        if (tensor) {
            lw_sha256_update(&hash, names[i], strlen(names[i]) + 1);
            lw_sha256_update(&hash, tensor->data, tensor->bytes);
        }
    }
    lw_sha256_finish(&hash, hex);
    return true;
}

/** Put the right hash where the wrong one stands, so that damage behind it is reached; false where there is none. */
static bool mend_hash(uint8_t *data, size_t size) {
    lw_safetensors *file = NULL;
    lw_error err;
    char hex[LW_SHA256_HEX];
    if (lw_safetensors_parse(data, size, "fuzz", (lw_safetensors_limits){1 << 16, 16}, &file, &err) != LW_OK)
        return false;
    const char *stored = lw_safetensors_metadata(file, "leadwise.sha256");
    bool mended = stored && strlen(stored) == LW_SHA256_HEX - 1 && hash_of(file, hex);
    uint8_t *at = mended ? memmem(data, size, stored, LW_SHA256_HEX - 1) : NULL;
    mended = at && memcmp(at, hex, LW_SHA256_HEX - 1) != 0;
    if (mended)
        memcpy(at, hex, LW_SHA256_HEX - 1);
    lw_safetensors_free(&file);
    return mended;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const fuzz_part input = {data, size};
    uint8_t *copy = (uint8_t *)fuzz_text(input);
    load(input);
    if (mend_hash(copy, size))
        load((fuzz_part){copy, size});
    free(copy);
    return 0;
}
