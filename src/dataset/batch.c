#include "dataset/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "dataset/finite.h"

static size_t record_floats(const lw_dataset *dataset) {
    return lw_dataset_leads(dataset)->count * lw_dataset_samples(dataset);
}

lw_status lw_batch_create(const lw_dataset *dataset, size_t max_records, lw_batch *out, lw_error *err) {
    lw_batch batch = {0};
    size_t floats, bytes;
    if (lw_size_mul(max_records, record_floats(dataset), &floats) && lw_size_mul(floats, sizeof(float), &bytes))
        batch.signals = lw_aligned_alloc(bytes);
    batch.labels = lw_calloc(max_records, lw_class_count(lw_dataset_classes(dataset)));
    batch.records = lw_calloc(max_records, sizeof *batch.records);
    if (batch.signals == NULL || batch.labels == NULL || batch.records == NULL) {
        lw_batch_free(&batch);
        return lw_fail_no_memory(err, "a batch");
    }
    *out = batch;
    return LW_OK;
}

void lw_batch_free(lw_batch *batch) {
    lw_aligned_free(batch->signals);
    free(batch->labels);
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
    size_t floats = record_floats(dataset), classes = lw_class_count(lw_dataset_classes(dataset));
    for (size_t k = 0; k < count; k++) {
        const float *signals = lw_dataset_signals(dataset, index[k]);
        if (!lw_all_finite(signals, floats))
            return lw_fail(err, LW_ERR_NOT_FINITE, "record %s: a prepared sample is not finite, expected a number",
                           lw_dataset_name(dataset, index[k]));
        memcpy(batch->signals + k * floats, signals, floats * sizeof *signals);
        memcpy(batch->labels + k * classes, lw_dataset_labels(dataset, index[k]), classes);
        batch->records[k] = index[k];
    }
    batch->n = count;
    return LW_OK;
}
