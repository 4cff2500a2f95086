/**
 * @file balance.h
 * Epochs in which records of rare classes come more often.
 */
#ifndef LW_TRAIN_BALANCE_H
#define LW_TRAIN_BALANCE_H

#include "leadwise/dataset.h"

/** How often each training record is drawn. Zero-initialise, lw_balance_create, lw_balance_free. */
typedef struct lw_balance {
    size_t count;
    const size_t *index; /**< [count], the training records; borrowed */
    double *draws;       /**< [count], expected number of times in an epoch; they sum to count */
    size_t *places;      /**< [count], scratch */
} lw_balance;

/**
 * A record's expected draws are proportional to (1 / frequency of its rarest class)^power; having no class at all
 * counts as one.
 * @return LW_OK or LW_ERR_NO_MEMORY
 */
lw_status lw_balance_create(const lw_dataset *dataset, const size_t *index, size_t count, double power, lw_balance *out,
                            lw_error *err);
void lw_balance_free(lw_balance *balance);

/**
 * order[count]: the records of `epoch`, a pure function of seed and epoch. A record comes floor or ceil of its expected
 * draws times: systematic sampling along a shuffled list, which is then shuffled. Power 0 is each record once.
 */
void lw_balance_order(const lw_balance *balance, uint64_t seed, uint64_t epoch, size_t *order);

#endif
