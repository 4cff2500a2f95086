/** @file prepare_item.c: one record read, prepared and labelled. */
#include "dataset/prepare_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

uint64_t lw_signal_hash(const float *signals, size_t count) {
    unsigned char digest[LW_SHA256_BYTES];
    uint64_t hash = 0;
    lw_sha256_digest(signals, count * sizeof *signals, digest);
    for (size_t i = 0; i < sizeof hash; i++)
        hash |= (uint64_t)digest[i] << 8 * i;
    return hash;
}

/** labels[classes] from the record's own diagnoses. */
static lw_status own_labels(const lw_record *record, const lw_class_list *classes, uint8_t *labels, lw_error *err) {
    size_t count = lw_record_code_count(record);
    const char **codes = lw_calloc(count + 1, sizeof *codes);
    if (codes == NULL)
        return lw_fail_no_memory(err, "diagnoses");
    for (size_t k = 0; k < count; k++)
        codes[k] = lw_record_code(record, k);
    lw_class_labels(classes, codes, count, labels);
    free((void *)codes);
    return LW_OK;
}

lw_status lw_record_labels(const lw_record_list *list, size_t i, const lw_record *record, const lw_class_list *classes,
                           uint8_t *labels, lw_error *err) {
    const char *const *codes;
    size_t count;
    if (!lw_record_list_codes(list, i, &codes, &count))
        return own_labels(record, classes, labels, err);
    lw_class_labels(classes, codes, count, labels);
    return LW_OK;
}

static void describe(const lw_record *record, lw_prepare_item *item) {
    item->age_years = (float)lw_record_age_years(record);
    item->sex = (uint8_t)lw_record_sex(record);
    item->rate_hz = lw_record_rate_hz(record);
    item->duration_s = (double)lw_record_sample_count(record) / item->rate_hz;
    item->warned = lw_record_warning_count(record) > 0;
}

void lw_prepare_one(const lw_record_list *list, size_t i, const lw_prepare_options *options, lw_preparer *preparer,
                    float *signals, uint8_t *labels, lw_prepare_item *item) {
    *item = (lw_prepare_item){0};
    lw_record *record = NULL;
    item->status = lw_record_read(lw_record_list_path(list, i), options->record, &record, &item->error);
    if (item->status != LW_OK)
        return;
    describe(record, item);
    item->status = lw_prepare_record(preparer, record, 0, signals, &item->info, &item->error);
    if (item->status == LW_OK)
        item->status = lw_record_labels(list, i, record, options->classes, labels, &item->error);
    if (item->status == LW_OK)
        item->signal_hash =
            lw_signal_hash(signals, options->leads.count * lw_preprocessing_sample_count(&options->preprocessing));
    lw_record_free(&record);
}
