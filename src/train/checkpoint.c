#include "train/checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/finite.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/safetensors.h"
#include "train/configuration.h"
#include "train/run_folder.h"

#define CHECKPOINT_FORMAT "leadwise.checkpoint/1"
static const char *const slot_names[2] = {"checkpoint-a.safetensors", "checkpoint-b.safetensors"};

/** The last tensor, the average, is there only where one is kept. */
enum { TENSORS = 8, METADATA_ITEMS = 3, HEADER_LIMIT = 16 << 20 };

/** state's whole numbers and reals, as tensors hold them. */
enum { COUNTS = 8, REALS = 3 };
typedef struct state_numbers {
    int64_t counts[COUNTS];
    double reals[REALS];
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
    s->saves = (uint64_t)c[3];
    s->loss_sum = n->reals[0];
    s->schedule = (lw_schedule){n->reals[1], n->reals[2], (size_t)c[4], (size_t)c[5], (size_t)c[6], c[7] != 0};
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
    lw_train_state s = {
        .total = total, .trainable = trainable, .epoch = 1, .schedule = lw_schedule_start(learning_rate)};
    s.values = lw_aligned_alloc(total * sizeof(float));
    s.best_values = lw_aligned_alloc(total * sizeof(float));
    s.average = averaged ? lw_aligned_alloc(total * sizeof(float)) : NULL;
    s.m = lw_aligned_alloc(trainable * sizeof(float));
    s.v = lw_aligned_alloc(trainable * sizeof(float));
    if (s.values == NULL || s.best_values == NULL || (averaged && s.average == NULL) || s.m == NULL || s.v == NULL) {
        lw_train_state_free(&s);
        return lw_fail_no_memory(err, "the training state");
    }
    *out = s;
    return LW_OK;
}

/** Where the contents of tensor number i come from; `history` is a row more than it has rows when that is none (no data
 * is read). The number of tensors. */
static size_t list_tensors(const lw_train_state *s, const state_numbers *n, bool averaged,
                           lw_tensor_spec specs[TENSORS]) {
    const lw_tensor_spec all[TENSORS] = {
        {"values", LW_DTYPE_F32, 1, {s->total}, s->values},
        {"best_values", LW_DTYPE_F32, 1, {s->total}, s->best_values},
        {"adam_m", LW_DTYPE_F32, 1, {s->trainable}, s->m},
        {"adam_v", LW_DTYPE_F32, 1, {s->trainable}, s->v},
        {"history", LW_DTYPE_F64, 2, {s->history.count, LW_HISTORY_COLUMNS}, s->history.rows},
        {"counts", LW_DTYPE_I64, 1, {COUNTS}, n->counts},
        {"reals", LW_DTYPE_F64, 1, {REALS}, n->reals},
        {"average", LW_DTYPE_F32, 1, {s->total}, s->average},
    };
    memcpy(specs, all, sizeof all);
    return averaged ? TENSORS : TENSORS - 1;
}

static size_t spec_bytes(const lw_tensor_spec *spec) {
    size_t bytes = lw_dtype_bytes(spec->dtype);
    for (size_t i = 0; i < spec->rank; i++)
        bytes *= spec->shape[i];
    return bytes;
}

/** The hash of everything that the file says. */
static void hash_contents(const lw_tensor_spec *specs, size_t count, const char *configuration,
                          char hex[LW_SHA256_HEX]) {
    lw_sha256 hash;
    lw_sha256_start(&hash);
    lw_sha256_update(&hash, configuration, strlen(configuration) + 1);
    for (size_t i = 0; i < count; i++) {
        lw_sha256_update(&hash, specs[i].name, strlen(specs[i].name) + 1);
        lw_sha256_update(&hash, specs[i].data, spec_bytes(&specs[i]));
    }
    lw_sha256_finish(&hash, hex);
}

lw_status lw_checkpoint_save(lw_train_state *s, const char *folder, const char *configuration, lw_error *err) {
    if (!lw_all_finite(s->values, s->total) || !lw_all_finite(s->m, s->trainable) || !lw_all_finite(s->v, s->trainable))
        return lw_fail(err, LW_ERR_NOT_FINITE, "%s: epoch %llu: a weight is not finite, no checkpoint was written",
                       folder, (unsigned long long)s->epoch);
    char *path = lw_path_join(folder, slot_names[s->saves % 2]);
    if (path == NULL)
        return lw_fail_no_memory(err, "a path");
    s->saves++;
    state_numbers numbers = numbers_of(s);
    lw_tensor_spec specs[TENSORS];
    char hex[LW_SHA256_HEX];
    const size_t count = list_tensors(s, &numbers, s->average != NULL, specs);
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

/** Find the tensors, with the types and ranks of a checkpoint. */
static bool find_tensors(checkpoint *c, lw_tensor_spec specs[TENSORS]) {
    const lw_train_state none = {0};
    c->count = list_tensors(&none, &c->numbers, lw_safetensors_find(c->file, "average") != NULL, specs);
    for (size_t i = 0; i < c->count; i++) {
        const lw_tensor *tensor = lw_safetensors_find(c->file, specs[i].name);
        if (tensor == NULL || tensor->dtype != specs[i].dtype || tensor->rank != specs[i].rank)
            return false;
        c->tensors[i] = tensor;
        specs[i].data = tensor->data;
        memcpy(specs[i].shape, tensor->shape, sizeof specs[i].shape);
    }
    return c->tensors[4]->shape[1] == LW_HISTORY_COLUMNS && c->tensors[5]->elements == COUNTS &&
           c->tensors[6]->elements == REALS;
}

/** Whether the open file is a whole checkpoint; fills `c`. */
static bool is_whole(checkpoint *c) {
    const char *format = lw_safetensors_metadata(c->file, "leadwise.format");
    const char *stored = lw_safetensors_metadata(c->file, "leadwise.sha256");
    c->configuration = lw_safetensors_metadata(c->file, "leadwise.configuration");
    if (format == NULL || strcmp(format, CHECKPOINT_FORMAT) != 0 || stored == NULL || c->configuration == NULL)
        return false;
    lw_tensor_spec specs[TENSORS];
    char hex[LW_SHA256_HEX];
    if (!find_tensors(c, specs))
        return false;
    hash_contents(specs, c->count, c->configuration, hex);
    if (strcmp(hex, stored) != 0)
        return false;
    memcpy(c->numbers.counts, c->tensors[5]->data, sizeof c->numbers.counts);
    memcpy(c->numbers.reals, c->tensors[6]->data, sizeof c->numbers.reals);
    return true;
}

/** Open one of the files; c->file stays NULL when it is absent (*there false) or damaged. */
static lw_status open_slot(const char *folder, size_t slot, checkpoint *c, bool *there, lw_error *err) {
    *c = (checkpoint){0};
    char *path = lw_path_join(folder, slot_names[slot]);
    if (path == NULL)
        return lw_fail_no_memory(err, "a path");
    *there = access(path, F_OK) == 0;
    lw_status status = LW_OK;
    if (*there)
        status = lw_safetensors_open(path, (lw_safetensors_limits){HEADER_LIMIT, TENSORS}, &c->file, err);
    if (status == LW_OK && *there && !is_whole(c)) {
        lw_safetensors_free(&c->file);
        status = lw_fail(err, LW_ERR_MODEL, "%s: damaged, or no checkpoint", path);
    }
    free(path);
    return status;
}

static lw_status restore_history(lw_history *history, const lw_tensor *tensor, lw_error *err) {
    const lw_history_row *rows = tensor->data;
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < tensor->shape[0]; i++) {
        lw_history_row row;
        memcpy(&row, rows + i, sizeof row); /* not necessarily aligned */
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
    const lw_tensor *average = c->count == TENSORS ? c->tensors[TENSORS - 1] : NULL;
    if ((average != NULL) != (s->average != NULL) || (average != NULL && average->elements != s->total) ||
        c->tensors[0]->elements != s->total || c->tensors[1]->elements != s->total ||
        c->tensors[2]->elements != s->trainable || c->tensors[3]->elements != s->trainable)
        return lw_fail(err, LW_ERR_MISMATCH, "%s: the checkpoint's network has another size", folder);
    lw_history history = {0};
    lw_status status = restore_history(&history, c->tensors[4], err);
    if (status != LW_OK) {
        lw_history_free(&history);
        return status;
    }
    memcpy(s->values, c->tensors[0]->data, c->tensors[0]->bytes);
    memcpy(s->best_values, c->tensors[1]->data, c->tensors[1]->bytes);
    if (average != NULL)
        memcpy(s->average, average->data, average->bytes);
    memcpy(s->m, c->tensors[2]->data, c->tensors[2]->bytes);
    memcpy(s->v, c->tensors[3]->data, c->tensors[3]->bytes);
    lw_history_free(&s->history);
    s->history = history;
    set_numbers(s, &c->numbers);
    return LW_OK;
}

lw_status lw_checkpoint_load(const char *folder, const char *configuration, lw_train_state *state, bool *found,
                             lw_error *err) {
    checkpoint slots[2] = {{0}};
    lw_error problem = {0};
    lw_status damaged = LW_OK;
    for (size_t i = 0; i < 2; i++) {
        bool there;
        lw_status status = open_slot(folder, i, &slots[i], &there, &problem);
        if (status != LW_OK)
            damaged = status;
    }
    const checkpoint *newer = NULL;
    for (size_t i = 0; i < 2; i++)
        if (slots[i].file != NULL && (newer == NULL || slots[i].numbers.counts[3] > newer->numbers.counts[3]))
            newer = &slots[i];
    lw_status status = LW_OK;
    *found = newer != NULL;
    if (newer != NULL)
        status = restore(newer, folder, configuration, state, err);
    else if (damaged != LW_OK)
        status = lw_fail(err, damaged, "%s", problem.message);
    lw_safetensors_free(&slots[0].file);
    lw_safetensors_free(&slots[1].file);
    return status;
}

lw_status lw_checkpoint_remove(const char *folder, lw_error *err) {
    lw_status status = lw_run_folder_remove(folder, slot_names[0], err);
    return status == LW_OK ? lw_run_folder_remove(folder, slot_names[1], err) : status;
}
