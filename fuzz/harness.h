/**
 * @file harness.h
 * What harnesses share: inputs of several parts, and files of an input on disk.
 */
#ifndef LW_FUZZ_HARNESS_H
#define LW_FUZZ_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leadwise/leadwise.h"

/** The function that libFuzzer, or replay.c, calls with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A stretch of an input. */
typedef struct fuzz_part {
    const uint8_t *data;
    size_t length;
} fuzz_part;

/** Cut off the next part, which ends at a line "#--" or with the input; an empty one where nothing is left. */
fuzz_part fuzz_next_part(fuzz_part *rest);
/** A part as text, cut at a zero byte. free() it. */
char *fuzz_text(fuzz_part part);

/** A folder of this process below TMPDIR, removed at exit. */
const char *fuzz_folder(void);
/** Path of `name` below that folder, valid for the next eight calls. */
const char *fuzz_path(const char *name);
/** Write the part to file `name` of that folder, whose path is returned and valid for the next eight calls. */
const char *fuzz_write(const char *name, fuzz_part part);

/** A text as a part. */
fuzz_part fuzz_part_of(const char *text);

/** A failure has a status other than INTERNAL and a sentence of printable characters on one line; ends the process where it has not. */
void fuzz_check(lw_status status, const lw_error *err);

#endif
