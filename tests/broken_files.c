/* This file makes broken files: it replaces numbers and marks of punctuation, cuts files, and puts garbage into them. */
#define _GNU_SOURCE /* memmem */

#include "broken_files.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A seed, how many broken files are made of it, and what of it may be broken. */
typedef struct recipe {
    lwt_kind kind;
    const char *seed;
    size_t count;
    const char *const *bad;  /**< texts in the place of a number; ends with NULL */
    const char *punctuation; /**< marks that are replaced */
} recipe;

/* Texts that are no number of the kind, wherever one stands. */
static const char *const bad_fields[] = {"",      "-9e99",    "x", "nan", "1e999", "99999999999999999999",
                                         "1.5.5", "\xff\xfe", NULL};
static const char *const bad_cells[] = {"x", "1e999", "1.5.5", "--1", "\xff\xfe", "0x1p", NULL};
static const char *const bad_json[] = {"",     "null", "-1", "x", "NaN", "1e999", "[", "{}", "99999999999999999999",
                                       "\xff", NULL};
static const char *const bad_codes[] = {"", "x", "-1", "1.5", "\xff\xfe", NULL};

static const recipe recipes[] = {
    {LWT_WFDB, "record/format16", 230, bad_fields, " /"},
    {LWT_WFDB, "record/mat4", 150, bad_fields, " /+"},
    {LWT_WFDB, "record/format212", 120, bad_fields, " "},
    {LWT_CSV, "csv/csv", 150, bad_cells, ","},
    {LWT_CSV, "csv/times", 150, bad_cells, ","},
    {LWT_MODEL, "model/tiny_model", 260, bad_json, "{}[]:,"},
    {LWT_PREPARED, "prepared/all", 180, bad_json, "{}[]:,"},
    {LWT_CHECKPOINT, "checkpoint/plain", 150, bad_json, "{}[]:,"},
    {LWT_NETWORK, "network/tiny_network", 150, bad_json, "{}[]:,"},
    {LWT_CLASSES, "texts/classes", 50, bad_json, "{}[]:,"},
    {LWT_LABELS, "labels/columns", 60, bad_codes + 1, ",\""},
    {LWT_GROUPS, "groups/plain", 40, bad_codes, ","},
    {LWT_OUTPUT, "outputs/short", 100, bad_codes, ","},
    {LWT_REWARDS, "rewards/2021", 100, bad_cells, ","},
    {LWT_RUN, "run/finished", 60, bad_json, "{}[]:,"},
    {LWT_CONFIG, "config/training", 50, bad_json, "{}[]:,"},
};

enum { CUTS = 64, GARBAGES = 32, LENGTHS = 6, LENGTH_BYTES = 8 };

lwt_bytes lwt_seed_read(const char *seed) {
    char path[1024];
    lwt_bytes bytes = {malloc(1 << 16), 0};
    snprintf(path, sizeof path, "%s/fuzz/corpus/%s", LWT_SOURCE_DIR, seed);
    FILE *stream = fopen(path, "rb");
    if (!stream || !bytes.data) {
        perror(path);
        exit(2);
    }
    bytes.length = fread(bytes.data, 1, 1 << 16, stream);
    fclose(stream);
    return bytes;
}

/** Whether a file of the kind begins with the length of its header. */
static bool has_header(lwt_kind kind) { return kind == LWT_MODEL || kind == LWT_PREPARED || kind == LWT_CHECKPOINT; }

/** The stretch of a seed that is text: [first, end). */
static void text_of(const recipe *r, lwt_bytes seed, size_t *first, size_t *end) {
    *first = has_header(r->kind) ? LENGTH_BYTES : 0;
    *end = seed.length;
    if (has_header(r->kind)) {
        uint64_t header;
        memcpy(&header, seed.data, sizeof header);
        *end = LENGTH_BYTES + header;
    }
    const uint8_t *mark = r->kind == LWT_WFDB ? memmem(seed.data, seed.length, "\n#", 2) : NULL;
    if (mark) /* what follows in a header are comments, which may say anything */
        *end = (size_t)(mark - seed.data);
}

static bool in_number(uint8_t c) { return isdigit(c) || c == '.'; }

/** Length of the number that begins at `at`; 0 where none does, or where it is part of a word. */
static size_t number_at(lwt_bytes seed, size_t at, size_t end) {
    size_t length = 0;
    while (at + length < end && in_number(seed.data[at + length]))
        length++;
    const bool begins = at == 0 || !(isalnum(seed.data[at - 1]) || strchr("._+-\"", seed.data[at - 1]));
    const bool ends = at + length == end || !(isalnum(seed.data[at + length]) || seed.data[at + length] == '_');
    return length > 0 && begins && ends ? length : 0;
}

/** The file with seed[at, at + taken) replaced by `length` bytes; a header's length is made right where `mended`. */
static lwt_bytes splice(lwt_bytes seed, size_t at, size_t taken, const void *put, size_t length, bool mended) {
    lwt_bytes file = {malloc(seed.length - taken + length + 1), seed.length - taken + length};
    assert(file.data && at + taken <= seed.length);
    memcpy(file.data, seed.data, at);
    memcpy(file.data + at, put, length);
    memcpy(file.data + at + length, seed.data + at + taken, seed.length - at - taken);
    if (mended) {
        uint64_t header;
        memcpy(&header, file.data, sizeof header);
        header = header - taken + length;
        memcpy(file.data, &header, sizeof header);
    }
    return file;
}

/*
 * Damages of a seed are counted in a fixed order. Each function below takes those of its sort from *left: where *left falls
 * into them, it makes that one and returns true, else it lessens *left by how many there are.
 */

static bool break_number(const recipe *r, lwt_bytes seed, size_t *left, lwt_broken *out) {
    size_t first, end;
    text_of(r, seed, &first, &end);
    for (size_t at = first; at < end; at++) {
        const size_t length = number_at(seed, at, end);
        for (size_t k = 0; length > 0 && r->bad[k]; k++)
            if ((*left)-- == 0) {
                snprintf(out->what, sizeof out->what, "byte %zu: %.*s is now '%s'", at, (int)length,
                         (const char *)seed.data + at, r->bad[k]);
                out->file = splice(seed, at, length, r->bad[k], strlen(r->bad[k]), has_header(r->kind));
                return true;
            }
    }
    return false;
}

static bool break_punctuation(const recipe *r, lwt_bytes seed, size_t *left, lwt_broken *out) {
    static const char *const others[] = {"", "?", "\1"};
    size_t first, end;
    text_of(r, seed, &first, &end);
    for (size_t at = first; at < end; at++)
        for (size_t k = 0; seed.data[at] != 0 && strchr(r->punctuation, seed.data[at]) && k < 3; k++)
            if ((*left)-- == 0) {
                snprintf(out->what, sizeof out->what, "byte %zu: %c is now '%s'", at, seed.data[at], others[k]);
                out->file = splice(seed, at, 1, others[k], strlen(others[k]), has_header(r->kind));
                return true;
            }
    return false;
}

/** Whether a file consists of rows of fields. */
static bool is_table(lwt_kind kind) { return kind == LWT_CSV || kind == LWT_LABELS || kind == LWT_GROUPS; }

static bool cut(const recipe *r, lwt_bytes seed, size_t *left, lwt_broken *out) {
    if (*left >= CUTS) {
        *left -= CUTS;
        return false;
    }
    size_t at = seed.length * *left / CUTS;
    while (is_table(r->kind) && at > 0 &&
           seed.data[at] != ',') /* nobody sees that a last row, or a last field, is not whole */
        at--;
    snprintf(out->what, sizeof out->what, "cut after %zu bytes", at);
    out->file = splice(seed, at, seed.length - at, "", 0, false);
    return true;
}

static bool put_garbage(lwt_bytes seed, size_t *left, lwt_broken *out) {
    static const uint8_t garbage[] = {0x00, 0xFF, 0x80, 0x07, 0x1B, 0xC3};
    if (*left >= GARBAGES) {
        *left -= GARBAGES;
        return false;
    }
    const size_t at = seed.length * *left / GARBAGES;
    snprintf(out->what, sizeof out->what, "garbage put in at byte %zu", at);
    out->file = splice(seed, at, 0, garbage, sizeof garbage, false);
    return true;
}

/** Another length of the header of a tensor file. */
static void change_length(lwt_bytes seed, size_t which, lwt_broken *out) {
    uint64_t header;
    memcpy(&header, seed.data, sizeof header);
    const uint64_t lengths[LENGTHS] = {0, 1, header - 1, header + 1, seed.length, UINT64_MAX};
    snprintf(out->what, sizeof out->what, "a header of %llu bytes instead of %llu", (unsigned long long)lengths[which],
             (unsigned long long)header);
    out->file = splice(seed, 0, LENGTH_BYTES, &lengths[which], LENGTH_BYTES, false);
}

/** How many damages of a seed there are. */
static size_t count_damages(const recipe *r, lwt_bytes seed) {
    size_t left = SIZE_MAX;
    lwt_broken none;
    (void)break_number(r, seed, &left, &none);
    (void)break_punctuation(r, seed, &left, &none);
    return SIZE_MAX - left + CUTS + GARBAGES + (has_header(r->kind) ? LENGTHS : 0);
}

lwt_broken lwt_broken_make(size_t i) {
    const recipe *r = recipes;
    while (i >= r->count)
        i -= r++->count;
    assert(r < recipes + sizeof recipes / sizeof *recipes);
    const lwt_bytes seed = lwt_seed_read(r->seed);
    size_t left = count_damages(r, seed) * i / r->count; /* spread over all damages */
    lwt_broken out = {.kind = r->kind, .seed = r->seed};
    if (!break_number(r, seed, &left, &out) && !break_punctuation(r, seed, &left, &out) && !cut(r, seed, &left, &out) &&
        !put_garbage(seed, &left, &out))
        change_length(seed, left, &out);
    free(seed.data);
    return out;
}
