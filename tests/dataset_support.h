/**
 * @file dataset_support.h
 * Small prepared files for tests, made without lw_prepare.
 */
#ifndef LW_TESTS_DATASET_SUPPORT_H
#define LW_TESTS_DATASET_SUPPORT_H

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safetensors.h"
#include "base/text.h"
#include "leadwise/dataset.h"

enum { LWT_LEADS = 2, LWT_SAMPLES = 200, LWT_CLASSES = 2 };

#define LWT_CLASSES_JSON                                                                                               \
    "[{\"codes\":[\"426783006\"],\"abbreviation\":\"NSR\"},{\"codes\":[\"164889003\"],\"abbreviation\":\"AF\"}]"
#define LWT_PREPROCESSING_JSON                                                                                         \
    "{\"rate_hz\":100,\"band_hz\":[0.05,35.0],\"filter\":\"butterworth-zero-phase\",\"filter_order\":3,"               \
    "\"window_s\":2,\"normalise\":\"zscore\"}"

/** A prepared file in the making: `records` records of two leads and two classes. */
typedef struct lwt_data {
    size_t records;
    float *signals;     /**< [records][LWT_LEADS][LWT_SAMPLES] */
    uint8_t *labels;    /**< [records][LWT_CLASSES] */
    uint32_t *hashes;   /**< [records][2] */
    uint16_t *sources;  /**< [records], 0 "north", 1 "south" or 2 "east"; NULL: not in the file */
    const char *groups; /**< `leadwise.groups` as JSON; NULL: not in the file */
} lwt_data;

/** Random signals; record i is of class i % 2, and class 1 has a slow wave of amplitude `wave` in it. All hashes
 * differ. */
static inline lwt_data lwt_data_create(size_t records, float wave) {
    lwt_data d = {.records = records};
    d.signals = calloc(records, LWT_LEADS * LWT_SAMPLES * sizeof(float));
    d.labels = calloc(records, LWT_CLASSES);
    d.hashes = calloc(records, 2 * sizeof(uint32_t));
    assert_true(d.signals && d.labels && d.hashes);
    lwt_fill(d.signals, records * LWT_LEADS * LWT_SAMPLES, 7);
    for (size_t i = 0; i < records; i++) {
        d.labels[i * LWT_CLASSES + i % 2] = 1;
        d.hashes[2 * i] = (uint32_t)i * 2654435761u;
        for (size_t t = 0; i % 2 == 1 && t < LWT_LEADS * LWT_SAMPLES; t++)
            d.signals[i * LWT_LEADS * LWT_SAMPLES + t] += t / 50 % 2 ? wave : -wave;
    }
    return d;
}

static inline void lwt_data_free(lwt_data *d) {
    free(d->signals);
    free(d->labels);
    free(d->hashes);
    free(d->sources);
}

/** Write it to `path`; records are called R000, R001, ... in the order of `names`, NULL: their own. */
static inline void lwt_data_write(const lwt_data *d, const size_t *names, const char *path) {
    lw_error err = {0};
    lw_text records = {0};
    for (size_t i = 0; i < d->records; i++)
        lw_text_printf(&records, "%s\"R%03zu\"", i == 0 ? "[" : ",", !names ? i : names[i]);
    lw_text_puts(&records, "]");
    const lw_tensor_spec tensors[] = {
        {"signals", LW_DTYPE_F32, 3, {d->records, LWT_LEADS, LWT_SAMPLES}, d->signals},
        {"signal_hash", LW_DTYPE_U32, 2, {d->records, 2}, d->hashes},
        {"labels", LW_DTYPE_U8, 2, {d->records, LWT_CLASSES}, d->labels},
        {"source", LW_DTYPE_U16, 1, {d->records}, d->sources},
    };
    lw_metadata_item metadata[6] = {
        {"leadwise.records", records.data},
        {"leadwise.classes", LWT_CLASSES_JSON},
        {"leadwise.leads", "[\"I\",\"II\"]"},
        {"leadwise.preprocessing", LWT_PREPROCESSING_JSON},
        {"leadwise.sources", "[\"north\",\"south\",\"east\"]"},
    };
    const size_t with_sources = d->sources ? 1 : 0, with_groups = d->groups ? 1 : 0;
    if (d->groups)
        metadata[4 + with_sources] = (lw_metadata_item){"leadwise.groups", d->groups};
    lwt_assert_ok(lw_safetensors_write(path, tensors, 3 + with_sources, metadata, 4 + with_sources + with_groups, &err),
                  &err);
    lw_text_free(&records);
}

/** Write and open it. */
static inline lw_dataset *lwt_data_open(const lwt_data *d, const size_t *names, const char *name) {
    lw_error err = {0};
    lw_dataset *dataset = NULL;
    const char *path = lwt_temp_path(name);
    lwt_data_write(d, names, path);
    lwt_assert_ok(lw_dataset_open(path, &dataset, &err), &err);
    return dataset;
}

#endif
