/**
 * @file broken_files.h
 * Two thousand broken files: small synthetic ones of every kind that the program reads, each damaged in one place.
 *
 * The undamaged ones are seeds of fuzz/corpus. The same number is always the same file.
 */
#ifndef LW_TESTS_BROKEN_FILES_H
#define LW_TESTS_BROKEN_FILES_H

#include <stddef.h>
#include <stdint.h>

/** Kinds of files. */
typedef enum lwt_kind {
    LWT_WFDB, /**< a header, a line "#--" and the bytes of its signal file */
    LWT_CSV,
    LWT_MODEL,
    LWT_PREPARED,
    LWT_CHECKPOINT,
    LWT_NETWORK,
    LWT_CLASSES,
    LWT_LABELS,
    LWT_GROUPS,
    LWT_OUTPUT, /**< a header with labels, a line "#--" and a Challenge output file */
    LWT_REWARDS,
    LWT_RUN, /**< a run.json */
    LWT_CONFIG
} lwt_kind;

enum { LWT_BROKEN_FILES = 2000 };

/** Some bytes. free() data. */
typedef struct lwt_bytes {
    uint8_t *data;
    size_t length;
} lwt_bytes;

/** One broken file. */
typedef struct lwt_broken {
    lwt_kind kind;
    const char *seed; /**< the undamaged file, below fuzz/corpus */
    char what[100];   /**< the damage in words */
    lwt_bytes file;
} lwt_broken;

/** The seed, as it is. */
lwt_bytes lwt_seed_read(const char *seed);
/** Number `i`, below LWT_BROKEN_FILES. */
lwt_broken lwt_broken_make(size_t i);

#endif
