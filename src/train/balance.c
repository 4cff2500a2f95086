#include "train/balance.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

void lw_balance_free(lw_balance *balance) {
    free(balance->draws);
    free(balance->places);
    *balance = (lw_balance){0};
}

/** counts[classes + 1]: records of each class, and of none. */
static void count_classes(const lw_dataset *dataset, const size_t *index, size_t count, size_t *counts) {
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *labels = lw_dataset_labels(dataset, index[i]);
        size_t found = 0;
        for (size_t k = 0; k < classes; k++) {
            counts[k] += labels[k];
            found += labels[k];
        }
        counts[classes] += found == 0;
    }
}

/** Records of the record's rarest class. */
static size_t rarest(const uint8_t *labels, size_t classes, const size_t *counts) {
    size_t least = 0;
    for (size_t k = 0; k < classes; k++)
        if (labels[k] != 0 && (least == 0 || counts[k] < least))
            least = counts[k];
    return least > 0 ? least : counts[classes];
}

lw_status lw_balance_create(const lw_dataset *dataset, const size_t *index, size_t count, double power, lw_balance *out,
                            lw_error *err) {
    const size_t classes = lw_class_count(lw_dataset_classes(dataset));
    size_t counts[LW_CLASSES_MAX + 1] = {0};
    lw_balance b = {count, index, lw_calloc(count, sizeof *b.draws), lw_calloc(count, sizeof *b.places)};
    if (b.draws == NULL || b.places == NULL) {
        lw_balance_free(&b);
        return lw_fail_no_memory(err, "balanced epochs");
    }
    count_classes(dataset, index, count, counts);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t alike = rarest(lw_dataset_labels(dataset, index[i]), classes, counts);
        b.draws[i] = pow((double)count / (double)alike, power);
        sum += b.draws[i];
    }
    for (size_t i = 0; i < count; i++)
        b.draws[i] *= (double)count / sum;
    *out = b;
    return LW_OK;
}

void lw_balance_order(const lw_balance *b, uint64_t seed, uint64_t epoch, size_t *order) {
    lw_random random = lw_random_start(seed, LW_RANDOM_BALANCE, epoch);
    for (size_t i = 0; i < b->count; i++)
        b->places[i] = i;
    lw_random_shuffle(&random, b->places, b->count);
    /* Marks at offset, offset + 1, ... on a line on which each record takes up its expected draws. */
    const double offset = lw_random_uniform(&random);
    double reach = 0;
    size_t filled = 0;
    for (size_t i = 0; i < b->count; i++)
        for (reach += b->draws[b->places[i]]; filled < b->count && (double)filled + offset < reach; filled++)
            order[filled] = b->index[b->places[i]];
    for (; filled < b->count; filled++) /* the sum was rounded down */
        order[filled] = b->index[b->places[b->count - 1]];
    lw_random_shuffle(&random, order, b->count);
}
