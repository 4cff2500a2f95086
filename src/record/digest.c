/** @file digest.c: the files that a recording was read from, by name, and their SHA-256. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "record/reader.h"

void lw_digests_note(lw_digests *digests, const char *name) {
    if (!digests->wanted)
        return;
    for (size_t i = digests->count; i-- > 0;) /* mostly the last one again */
        if (strcmp(digests->item[i].name, name) == 0)
            return;
    char *copy = lw_strdup(name);
    lw_file_digest *item =
        copy ? lw_grow(digests->item, digests->count, &digests->capacity, sizeof *digests->item) : NULL;
    if (!item) {
        free(copy);
        digests->failed = true;
        return;
    }
    digests->item = item;
    item[digests->count++] = (lw_file_digest){.name = copy};
}

void lw_digests_free(lw_digests *digests) {
    for (size_t i = 0; i < digests->count; i++)
        free((char *)(uintptr_t)digests->item[i].name);
    free(digests->item);
    *digests = (lw_digests){0};
}

static lw_status hash_file(const lw_source_file *file, char hex[LW_SHA256_HEX], lw_error *err) {
    enum { PIECE = 1 << 16 };
    uint8_t piece[PIECE];
    lw_sha256 hash;
    lw_status status = LW_OK;
    lw_sha256_start(&hash);
    for (size_t at = 0, n; at < file->length && status == LW_OK; at += n) {
        n = file->length - at < PIECE ? file->length - at : PIECE;
        status = lw_source_file_read(file, at, piece, n, err);
        if (status == LW_OK)
            lw_sha256_update(&hash, piece, n);
    }
    lw_sha256_finish(&hash, hex);
    return status;
}

lw_status lw_source_digest(lw_source *source, lw_error *err) {
    if (source->digests.failed)
        return lw_fail_no_memory(err, "the names of a recording's files");
    for (size_t i = 0; i < source->digests.count; i++) {
        lw_file_digest *item = &source->digests.item[i];
        lw_source_file file;
        lw_status status = lw_source_open_file(source, item->name, &file, err);
        if (status != LW_OK)
            return status;
        status = hash_file(&file, item->sha256, err);
        lw_source_file_close(&file);
        if (status != LW_OK)
            return status;
    }
    return LW_OK;
}

size_t lw_record_digest_count(const lw_record *record) { return record->digests.count; }

const lw_file_digest *lw_record_digest(const lw_record *record, size_t i) { return &record->digests.item[i]; }
