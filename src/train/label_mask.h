/**
 * @file label_mask.h
 * Which labels say something: a source whose records never carry a class may not have looked for it.
 */
#ifndef LW_TRAIN_LABEL_MASK_H
#define LW_TRAIN_LABEL_MASK_H

#include "leadwise/dataset.h"

typedef struct lw_label_mask lw_label_mask;

/**
 * From the records index[0 .. count), those to train on. *out is NULL where they are all of one source: then every
 * label counts. lw_label_mask_free *out.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_label_mask_create(const lw_dataset *dataset, const size_t *index, size_t count, lw_label_mask **out,
                               lw_error *err);
void lw_label_mask_free(lw_label_mask **mask);

/**
 * known[n][classes] of records[n] of the data set: 0 where none of the records trained on of the record's source has
 * the class, 1 elsewhere, and everywhere for a record of a source of which none is trained on. Threads: safe.
 */
void lw_label_mask_fill(const lw_label_mask *mask, const uint64_t *records, size_t n, uint8_t *known);

#endif
