/** @file prepare_item.c: one record read, prepared and labelled, and a name for each of a list. */
#include "dataset/prepared_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

uint64_t lw_signal_hash(const float *signals, size_t count) {
    unsigned char digest[LW_SHA256_BYTES];
    uint64_t hash = 0;
    lw_sha256_digest_of(signals, count * sizeof *signals, digest);
    for (size_t i = 0; i < sizeof hash; i++)
        hash |= (uint64_t)digest[i] << 8 * i;
    return hash;
}

lw_status lw_record_labels(const lw_record_list *list, size_t i, const lw_record *record, const lw_class_list *classes,
                           uint8_t *labels, lw_error *err) {
    const char *const *listed;
    size_t count;
    if (lw_record_list_codes(list, i, &listed, &count)) {
        lw_class_labels(classes, listed, count, labels);
        return LW_OK;
    }
    count = lw_record_code_count(record);
    const char **codes = lw_calloc(count, sizeof *codes);
    if (!codes)
        return lw_fail_no_memory(err, "diagnoses");
    for (size_t k = 0; k < count; k++)
        codes[k] = lw_record_code(record, k);
    lw_class_labels(classes, codes, count, labels);
    free((void *)codes);
    return LW_OK;
}

void lw_prepare_one(const lw_record_list *list, size_t i, const lw_prepare_options *options, lw_preparer *preparer,
                    float *signals, uint8_t *labels, lw_prepare_item *item) {
    *item = (lw_prepare_item){0};
    lw_record *record = NULL;
    item->status = lw_record_read(lw_record_list_path(list, i), options->record, &record, &item->error);
    if (item->status != LW_OK)
        return;
    item->age_years = (float)lw_record_age_years(record);
    item->sex = (uint8_t)lw_record_sex(record);
    item->rate_hz = lw_record_rate_hz(record);
    item->duration_s = (double)lw_record_sample_count(record) / item->rate_hz;
    for (; item->warning_count < lw_record_warning_count(record); item->warning_count++) {
        const char *sentence = lw_record_warning(record, item->warning_count);
        lw_text_append(&item->warnings, sentence, strlen(sentence) + 1);
    }
    item->status = lw_prepare_record(preparer, record, 0, signals, &item->info, &item->error);
    if (item->status == LW_OK)
        item->status = lw_record_labels(list, i, record, options->classes, labels, &item->error);
    if (item->status == LW_OK)
        item->signal_hash =
            lw_signal_hash(signals, options->leads.count * lw_preprocessing_sample_count(&options->preprocessing));
    lw_record_free(&record);
}

/* ---- Names */

/** A name and its place in the list. */
typedef struct listed_name {
    const char *name;
    size_t index;
} listed_name;

static int compare(const void *a, const void *b) {
    const listed_name *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/** One pass over all shared names, which get their source or, if `numbered`, a number from the second on; *shared is
 * whether there were any. False when out of memory. */
static bool rename_shared(char **names, const char *const *sources, size_t count, bool numbered, bool *shared) {
    listed_name *sorted = lw_calloc(count, sizeof *sorted);
    bool fine = sorted;
    for (size_t i = 0; fine && i < count; i++)
        sorted[i] = (listed_name){names[i], i};
    if (fine)
        qsort(sorted, count, sizeof *sorted, compare);
    *shared = false;
    for (size_t first = 0, next; fine && first < count; first = next) {
        for (next = first + 1; next < count && strcmp(sorted[first].name, sorted[next].name) == 0;)
            next++;
        *shared |= next > first + 1;
        for (size_t k = first + numbered; fine && next > first + 1 && k < next; k++) {
            char **name = &names[sorted[k].index];
            lw_text text = {0};
            if (numbered)
                lw_text_printf(&text, "%s#%zu", *name, k - first + 1);
            else
                lw_text_printf(&text, "%s/%s", sources[sorted[k].index], *name);
            fine = !text.failed;
            free(fine ? *name : text.data);
            *name = fine ? text.data : *name;
        }
    }
    free(sorted);
    return fine;
}

lw_status lw_names_make_unique(char **names, const char *const *sources, size_t count, lw_error *err) {
    bool shared;
    bool fine = rename_shared(names, sources, count, false, &shared);
    /* More than one pass only where a record is called "a#2" already. */
    while (fine && shared)
        fine = rename_shared(names, sources, count, true, &shared);
    return fine ? LW_OK : lw_fail_no_memory(err, "record names");
}
