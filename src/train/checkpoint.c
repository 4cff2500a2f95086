/* The two checkpoints of a run's folder, and the state that they hold. */
#include "train/run_folder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/floats.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/safetensors.h"

#define CHECKPOINT_FORMAT "leadwise.checkpoint/1"
static const char *const slot_names[2] = {LW_CHECKPOINT_A, LW_CHECKPOINT_B};

/** Tensors in the order of list_tensors; the last one, the average, is there only where one is kept. */
enum { HISTORY = 4, COUNTS, REALS, AVERAGE, TENSORS };
enum { METADATA_ITEMS = 3, HEADER_LIMIT = 16 << 20 };

/** The whole numbers and reals of a state, as tensors hold them. */
enum { SAVES = 3, COUNT_ITEMS = 8, REAL_ITEMS = 3 };
typedef struct state_numbers {
    int64_t counts[COUNT_ITEMS];
    double reals[REAL_ITEMS];
} state_numbers;

static state_numbers numbers_of(const lw_train_state *s) {
    const lw_schedule *p = &s->schedule;
    return (state_numbers){
        {(int64_t)s->epoch, (int64_t)s->step, (int64_t)s->adam_steps, (int64_t)s->saves, (int64_t)p->best_epoch,
         (int64_t)p->since_best, (int64_t)p->since_change, p->stopped},
        {s->loss_sum, p->learning_rate, p->best_loss},
    };
}

static void set_numbers(lw_train_state *s, const state_numbers *n) {
    const int64_t *c = n->counts;
    s->epoch = (uint64_t)c[0];
    s->step = (uint64_t)c[1];
    s->adam_steps = (uint64_t)c[2];
    s->saves = (uint64_t)c[SAVES];
    s->loss_sum = n->reals[0];
    s->schedule = (lw_schedule){n->reals[1], n->reals[2], (size_t)c[4], (size_t)c[5], (size_t)c[6], c[7] != 0};
}

/** Whether a training can have come to such numbers; a hash that fits says only that they are what was written. */
static bool can_be_reached(const state_numbers *n) {
    const int64_t most = INT64_C(1) << 48;
    bool possible = n->counts[0] >= 1 && n->counts[COUNT_ITEMS - 1] <= 1;
    for (size_t i = 0; i < COUNT_ITEMS; i++)
        possible &= n->counts[i] >= 0 && n->counts[i] <= most;
    return possible && isfinite(n->reals[0]) && n->reals[1] > 0 && isfinite(n->reals[1]) && !isnan(n->reals[2]);
}

void lw_train_state_free(lw_train_state *s) {
    lw_aligned_free(s->values);
    lw_aligned_free(s->best_values);
    lw_aligned_free(s->average);
    lw_aligned_free(s->m);
    lw_aligned_free(s->v);
    lw_history_free(&s->history);
    *s = (lw_train_state){0};
}

lw_status lw_train_state_create(size_t total, size_t trainable, double learning_rate, bool averaged,
                                lw_train_state *out, lw_error *err) {
    assert(trainable <= total);
    *out = (lw_train_state){
        .total = total, .trainable = trainable, .epoch = 1, .schedule = lw_schedule_start(learning_rate)};
    out->values = lw_aligned_alloc(total * sizeof(float));
    out->best_values = lw_aligned_alloc(total * sizeof(float));
    out->average = averaged ? lw_aligned_alloc(total * sizeof(float)) : NULL;
    out->m = lw_aligned_alloc(trainable * sizeof(float));
    out->v = lw_aligned_alloc(trainable * sizeof(float));
    if (out->values && out->best_values && (out->average || !averaged) && out->m && out->v)
        return LW_OK;
    lw_train_state_free(out);
    return lw_fail_no_memory(err, "the training state");
}

/** The tensors of a state; returns how many there are. */
static size_t list_tensors(const lw_train_state *s, const state_numbers *n, bool averaged,
                           lw_tensor_spec specs[TENSORS]) {
    const lw_tensor_spec all[TENSORS] = {
        {"values", LW_DTYPE_F32, 1, {s->total}, s->values},
        {"best_values", LW_DTYPE_F32, 1, {s->total}, s->best_values},
        {"adam_m", LW_DTYPE_F32, 1, {s->trainable}, s->m},
        {"adam_v", LW_DTYPE_F32, 1, {s->trainable}, s->v},
        [HISTORY] = {"history", LW_DTYPE_F64, 2, {s->history.count, LW_HISTORY_COLUMNS}, s->history.rows},
        [COUNTS] = {"counts", LW_DTYPE_I64, 1, {COUNT_ITEMS}, n->counts},
        [REALS] = {"reals", LW_DTYPE_F64, 1, {REAL_ITEMS}, n->reals},
        [AVERAGE] = {"average", LW_DTYPE_F32, 1, {s->total}, s->average},
    };
    memcpy(specs, all, sizeof all);
    return averaged ? TENSORS : TENSORS - 1;
}

/** The hash of everything that the file holds. */
static void hash_contents(const lw_tensor_spec *specs, size_t count, const char *configuration,
                          char hex[LW_SHA256_HEX]) {
    lw_sha256 hash;
    lw_sha256_start(&hash);
    lw_sha256_update(&hash, configuration, strlen(configuration) + 1);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = lw_dtype_bytes(specs[i].dtype);
        for (size_t k = 0; k < specs[i].rank; k++)
            bytes *= specs[i].shape[k];
        lw_sha256_update(&hash, specs[i].name, strlen(specs[i].name) + 1);
        lw_sha256_update(&hash, specs[i].data, bytes);
    }
    lw_sha256_finish(&hash, hex);
}

lw_status lw_checkpoint_save(lw_train_state *s, const char *folder, const char *configuration, lw_error *err) {
    if (!lw_all_finite(s->values, s->total) || !lw_all_finite(s->m, s->trainable) || !lw_all_finite(s->v, s->trainable))
        return lw_fail(err, LW_ERR_NOT_FINITE, "%s: epoch %llu: a weight is not finite, no checkpoint was written",
                       folder, (unsigned long long)s->epoch);
    char *path = lw_path_join(folder, slot_names[s->saves % 2]);
    if (!path)
        return lw_fail_no_memory(err, "a path");
    s->saves++;
    state_numbers numbers = numbers_of(s);
    lw_tensor_spec specs[TENSORS];
    char hex[LW_SHA256_HEX];
    const size_t count = list_tensors(s, &numbers, s->average, specs);
    hash_contents(specs, count, configuration, hex);
    const lw_metadata_item metadata[METADATA_ITEMS] = {
        {"leadwise.format", CHECKPOINT_FORMAT}, {"leadwise.configuration", configuration}, {"leadwise.sha256", hex}};
    lw_status status = lw_safetensors_write(path, specs, count, metadata, METADATA_ITEMS, err);
    free(path);
    return status;
}

/** An open checkpoint: the file, and its tensors in the order of list_tensors. */
typedef struct checkpoint {
    lw_safetensors *file; /**< NULL: absent or not valid */
    size_t count;
    const lw_tensor *tensors[TENSORS];
    const char *configuration;
    state_numbers numbers;
} checkpoint;

/** Whether the open file is a whole checkpoint: tensors of its names, types and ranks, with their hash. Fills `c`. */
static bool is_whole(checkpoint *c) {
    const char *format = lw_safetensors_metadata(c->file, "leadwise.format");
    const char *stored = lw_safetensors_metadata(c->file, "leadwise.sha256");
    const lw_train_state none = {0};
    lw_tensor_spec specs[TENSORS];
    char hex[LW_SHA256_HEX];
    c->configuration = lw_safetensors_metadata(c->file, "leadwise.configuration");
    if (!format || strcmp(format, CHECKPOINT_FORMAT) != 0 || !stored || !c->configuration)
        return false;
    c->count = list_tensors(&none, &c->numbers, lw_safetensors_find(c->file, "average"), specs);
    for (size_t i = 0; i < c->count; i++) {
        const lw_tensor *tensor = lw_safetensors_find(c->file, specs[i].name);
        if (!tensor || tensor->dtype != specs[i].dtype || tensor->rank != specs[i].rank)
            return false;
        c->tensors[i] = tensor;
        specs[i].data = tensor->data;
        memcpy(specs[i].shape, tensor->shape, sizeof specs[i].shape);
    }
    if (c->tensors[HISTORY]->shape[1] != LW_HISTORY_COLUMNS || c->tensors[COUNTS]->elements != COUNT_ITEMS ||
        c->tensors[REALS]->elements != REAL_ITEMS)
        return false;
    hash_contents(specs, c->count, c->configuration, hex);
    if (strcmp(hex, stored) != 0)
        return false;
    memcpy(c->numbers.counts, c->tensors[COUNTS]->data, sizeof c->numbers.counts);
    memcpy(c->numbers.reals, c->tensors[REALS]->data, sizeof c->numbers.reals);
    return can_be_reached(&c->numbers);
}

/** Open one of the files; c->file stays NULL when it is absent, which is fine, or damaged. */
static lw_status open_slot(const char *folder, size_t slot, checkpoint *c, lw_error *err) {
    char *path = lw_path_join(folder, slot_names[slot]);
    if (!path)
        return lw_fail_no_memory(err, "a path");
    lw_status status = LW_OK;
    if (access(path, F_OK) == 0)
        status = lw_safetensors_open(path, (lw_safetensors_limits){HEADER_LIMIT, TENSORS}, &c->file, err);
    if (status == LW_OK && c->file && !is_whole(c)) {
        lw_safetensors_free(&c->file);
        status = lw_fail(err, LW_ERR_MODEL, "%s: damaged, or no checkpoint", path);
    }
    free(path);
    return status;
}

static lw_status restore_history(lw_history *history, const lw_tensor *tensor, lw_error *err) {
    const char *rows = tensor->data;
    lw_status status = LW_OK;
    lw_history_free(history);
    for (size_t i = 0; status == LW_OK && i < tensor->shape[0]; i++) {
        lw_history_row row;
        memcpy(&row, rows + i * sizeof row, sizeof row); /* not necessarily aligned */
        status = lw_history_append(history, row, err);
    }
    return status;
}

static lw_status restore(const checkpoint *c, const char *folder, const char *configuration, lw_train_state *s,
                         lw_error *err) {
    char difference[LW_DIFFERENCE_BYTES];
    if (lw_configuration_differs(c->configuration, configuration, difference))
        return lw_fail(err, LW_ERR_MISMATCH, "%s: the run was begun with another configuration: %s", folder,
                       difference);
    float *const arrays[TENSORS] = {s->values, s->best_values, s->m, s->v, [AVERAGE] = s->average};
    const size_t sizes[TENSORS] = {s->total, s->total, s->trainable, s->trainable, [AVERAGE] = s->total};
    bool fits = c->count == (s->average ? TENSORS : TENSORS - 1);
    for (size_t i = 0; i < c->count; i++)
        fits &= !arrays[i] || c->tensors[i]->elements == sizes[i];
    if (!fits)
        return lw_fail(err, LW_ERR_MISMATCH, "%s: the checkpoint's network has another size", folder);
    lw_status status = restore_history(&s->history, c->tensors[HISTORY], err);
    for (size_t i = 0; status == LW_OK && i < c->count; i++)
        if (arrays[i])
            memcpy(arrays[i], c->tensors[i]->data, c->tensors[i]->bytes);
    if (status == LW_OK)
        set_numbers(s, &c->numbers);
    return status;
}

lw_status lw_checkpoint_load(const char *folder, const char *configuration, lw_train_state *state, bool *found,
                             lw_error *err) {
    checkpoint slots[2] = {{0}};
    lw_error problem = {0};
    lw_status damaged = LW_OK, status = LW_OK;
    const checkpoint *newer = NULL;
    for (size_t i = 0; i < 2; i++) {
        const lw_status opened = open_slot(folder, i, &slots[i], &problem);
        if (opened != LW_OK)
            damaged = opened;
        else if (slots[i].file && (!newer || slots[i].numbers.counts[SAVES] > newer->numbers.counts[SAVES]))
            newer = &slots[i];
    }
    *found = newer;
    if (newer)
        status = restore(newer, folder, configuration, state, err);
    else if (damaged != LW_OK)
        status = lw_fail(err, damaged, "%s", problem.message);
    lw_safetensors_free(&slots[0].file);
    lw_safetensors_free(&slots[1].file);
    return status;
}
