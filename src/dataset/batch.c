/* This file gathers batches: the rows of a network's leads in a data set, in the order of an epoch. */
#include "dataset/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/random.h"

lw_status lw_lead_rows(const lw_dataset *dataset, const lw_lead_set *leads, bool missing_leads,
                       size_t rows[LW_LEADS_MAX], lw_error *err) {
    const lw_lead_set *there = lw_dataset_leads(dataset);
    const size_t found = lw_lead_set_rows(leads, there, rows);
    if (found == leads->count || (found > 0 && missing_leads))
        return LW_OK;
    size_t h = 0;
    while (rows[h] != LW_NO_ROW)
        h++;
    return lw_fail(err, LW_ERR_MISMATCH, "the data have %zu leads, but not %s, which the network expects", there->count,
                   leads->name[h]);
}

lw_status lw_dataset_check_labels(const lw_dataset *dataset, lw_error *err) {
    const size_t records = lw_dataset_record_count(dataset), classes = lw_class_count(lw_dataset_classes(dataset));
    for (size_t i = 0; i < records; i++)
        if (memchr(lw_dataset_labels(dataset, i), 1, classes))
            return LW_OK;
    return lw_fail(err, LW_ERR_FORMAT, LW_NO_LABEL_SENTENCE, records, classes);
}

lw_status lw_batch_create(const lw_dataset *dataset, const lw_lead_set *leads, bool missing_leads, size_t max_records,
                          lw_batch *out, lw_error *err) {
    lw_batch batch = {.leads = leads->count};
    size_t floats, bytes;
    lw_status status = lw_lead_rows(dataset, leads, missing_leads, batch.row, err);
    if (status != LW_OK)
        return status;
    if (lw_size_mul(max_records, leads->count * lw_dataset_sample_count(dataset), &floats) &&
        lw_size_mul(floats, sizeof(float), &bytes))
        batch.signals = lw_aligned_alloc(bytes);
    batch.labels = lw_calloc(max_records, lw_class_count(lw_dataset_classes(dataset)));
    batch.targets = lw_calloc(max_records, lw_class_count(lw_dataset_classes(dataset)) * sizeof *batch.targets);
    batch.records = lw_calloc(max_records, sizeof *batch.records);
    if (!batch.signals || !batch.labels || !batch.targets || !batch.records) {
        lw_batch_free(&batch);
        return lw_fail_no_memory(err, "a batch");
    }
    *out = batch;
    return LW_OK;
}

void lw_batch_free(lw_batch *batch) {
    lw_aligned_free(batch->signals);
    free(batch->labels);
    free(batch->targets);
    free(batch->records);
    *batch = (lw_batch){0};
}

void lw_batch_order(uint64_t seed, uint64_t epoch, const size_t *index, size_t count, size_t *order) {
    memcpy(order, index, count * sizeof *order);
    lw_random random = lw_random_start(seed, LW_RANDOM_SHUFFLE, epoch);
    lw_random_shuffle(&random, order, count);
}

lw_status lw_batch_gather(const lw_dataset *dataset, const size_t *index, size_t count, lw_batch *batch,
                          lw_error *err) {
    const size_t samples = lw_dataset_sample_count(dataset), floats = batch->leads * samples;
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    for (size_t k = 0; k < count; k++) {
        assert(index[k] < lw_dataset_record_count(dataset));
        float *signals = batch->signals + k * floats;
        for (size_t h = 0; h < batch->leads; h++)
            if (batch->row[h] == LW_NO_ROW)
                memset(signals + h * samples, 0, samples * sizeof *signals);
            else
                memcpy(signals + h * samples, lw_dataset_signals(dataset, index[k]) + batch->row[h] * samples,
                       samples * sizeof *signals);
        if (!lw_all_finite(signals, floats))
            return lw_fail(err, LW_ERR_NOT_FINITE, "record %s: a prepared sample is not finite, expected a number",
                           lw_dataset_name(dataset, index[k]));
        if (!lw_all_within(signals, floats, lw_z_score_limit(samples)))
            return lw_fail(err, LW_ERR_FORMAT,
                           "record %s: a prepared sample is no z-score, whose size is at most %.4g in %zu samples",
                           lw_dataset_name(dataset, index[k]), (double)lw_z_score_limit(samples), samples);
        memcpy(batch->labels + k * classes, lw_dataset_labels(dataset, index[k]), classes);
        batch->records[k] = index[k];
    }
    for (size_t i = 0; i < count * classes; i++)
        batch->targets[i] = batch->labels[i];
    batch->n = count;
    return LW_OK;
}
