/**
 * @file people.h
 * Age and sex of a data set's records, for networks that are told them.
 */
#ifndef LW_TRAIN_PEOPLE_H
#define LW_TRAIN_PEOPLE_H

#include "leadwise/dataset.h"
#include "network/engine.h"

/** Tell `engine`, which runs `network`, who the next batch's records [n], numbers in the data set, are of. */
void lw_people_tell(const lw_network *network, const lw_dataset *dataset, const uint64_t *records, size_t n,
                    lw_engine *engine);

#endif
