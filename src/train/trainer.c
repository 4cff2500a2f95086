/* A training run in memory: what it needs, a step, the end of an epoch, the model that it leaves. */
#include "train/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/floats.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "model/model_internal.h"
#include "train/loss.h"
#include "train/optimiser.h"
#include "train/run_folder.h"

void lw_trainer_free(lw_trainer *t) {
    lw_parameter_table_free(&t->table);
    lw_engine_free(&t->engine);
    lw_validator_free(&t->validator);
    lw_batch_free(&t->batch);
    lw_variation_free(&t->variation);
    lw_label_mask_free(&t->mask);
    lw_soft_metric_free(&t->soft_metric);
    lw_second_head_free(&t->second);
    free(t->known);
    free(t->thresholds);
    free(t->order);
    free(t->logits);
    free(t->dlogits);
    lw_aligned_free(t->gradients);
    free(t->positives);
    free(t->class_weights);
    lw_train_state_free(&t->state);
    *t = (lw_trainer){0};
}

/** Whether leads, length and classes of the data are those of the network. */
static lw_status check_fit(const lw_network *network, const lw_dataset *dataset, const lw_train_options *options,
                           lw_error *err) {
    const lw_class_list *classes = lw_dataset_classes(dataset);
    size_t rows[LW_LEADS_MAX];
    lw_status status = lw_lead_rows(dataset, lw_network_leads(network), lw_network_missing_leads(network), rows, err);
    if (status != LW_OK)
        return status;
    if (lw_network_sample_count(network) != lw_dataset_sample_count(dataset))
        return lw_fail(err, LW_ERR_MISMATCH, "the data have %zu samples a lead, the network expects %zu",
                       lw_dataset_sample_count(dataset), lw_network_sample_count(network));
    if (lw_network_output_count(network) != lw_class_count(classes))
        return lw_fail(err, LW_ERR_MISMATCH, "the data have %zu classes, the network has %zu outputs",
                       lw_class_count(classes), lw_network_output_count(network));
    const char *fallback = lw_train_fallback(options);
    if (fallback && lw_class_find(classes, fallback) < 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "the fallback %s is none of the data's classes", fallback);
    return LW_OK;
}

/** The ranks that divide a batch of n records, or NULL: alone, or more ranks than records, of which each runs all. */
static const lw_cluster *sharing(const lw_trainer *t, size_t n) {
    const lw_cluster *cluster = t->options->cluster;
    return lw_cluster_shares(cluster) && n >= (size_t)cluster->size ? cluster : NULL;
}

static lw_status create_soft_metric(lw_trainer *t, lw_error *err) {
    const size_t count = t->split->count[LW_SPLIT_TRAIN], classes = t->validator.classes;
    uint8_t *labels = lw_calloc(count, classes);
    if (!labels)
        return lw_fail_no_memory(err, "a loss by the metric");
    for (size_t i = 0; i < count; i++)
        memcpy(labels + i * classes, lw_dataset_labels(t->dataset, t->split->index[LW_SPLIT_TRAIN][i]), classes);
    lw_status status =
        lw_soft_metric_create(t->options->year, lw_dataset_classes(t->dataset), count, labels, &t->soft_metric, err);
    free(labels);
    return status;
}

/** The network in training: the model's, or the one with a second head. */
static const lw_network *trained_network(const lw_trainer *t) {
    return t->second.network ? t->second.network : t->network;
}

/** Create the networks, their engines, and the parts that only some options need. */
static lw_status create_parts(lw_trainer *t, lw_error *err) {
    const lw_train_options *o = t->options;
    const size_t validation_bytes = o->memory_bytes / 4;
    /* The last batch is smaller, but where it has fewer records than there are ranks, each of them runs all of it. */
    const size_t shared = lw_cluster_part(sharing(t, t->batch_records), t->batch_records).count;
    const size_t last = t->split->count[LW_SPLIT_TRAIN] % t->batch_records;
    const lw_engine_options options = {.max_batch = last > shared && !sharing(t, last) ? last : shared,
                                       .threads = t->threads,
                                       .training = true,
                                       .memory_bytes = o->memory_bytes - validation_bytes,
                                       .memory_whole_bytes = o->memory_bytes,
                                       .tuning = o->tuning};
    size_t validation = t->split->count[LW_SPLIT_VALIDATION], test = t->split->count[LW_SPLIT_TEST];
    lw_status status =
        o->metric_head > 0 ? lw_second_head_create(t->network, t->batch_records, &t->second, err) : LW_OK;
    if (status == LW_OK)
        status = lw_parameter_table_create(trained_network(t), &t->table, err);
    if (status == LW_OK)
        status = lw_engine_create(trained_network(t), &options, &t->engine, err);
    if (status == LW_OK)
        status = lw_validator_create(t->network, t->dataset, validation > test ? validation : test, o->batch,
                                     t->threads, &o->tuning, validation_bytes, o->memory_bytes, &t->validator, err);
    t->validator.cluster = o->cluster;
    if (status == LW_OK)
        status = lw_batch_create(t->dataset, lw_network_leads(t->network), lw_network_missing_leads(t->network),
                                 t->batch_records, &t->batch, err);
    if (status == LW_OK)
        status = lw_variation_create(t->network, t->dataset, o, t->batch_records, t->threads, &t->variation, err);
    if (status == LW_OK && o->label_mask)
        status = lw_label_mask_create(t->dataset, t->split->index[LW_SPLIT_TRAIN], t->split->count[LW_SPLIT_TRAIN],
                                      &t->mask, err);
    if (status == LW_OK && (o->metric_loss > 0 || o->metric_head > 0))
        status = create_soft_metric(t, err);
    t->validator.mask = t->mask;
    return status;
}

static lw_status allocate(lw_trainer *t, lw_error *err) {
    const size_t classes = t->validator.classes, outputs = lw_network_output_count(trained_network(t));
    t->known = t->mask ? lw_calloc(t->batch_records, classes) : NULL;
    t->thresholds = lw_calloc(classes, sizeof *t->thresholds);
    t->order = lw_calloc(t->split->count[LW_SPLIT_TRAIN], sizeof *t->order);
    t->logits = lw_calloc(t->batch_records, outputs * sizeof *t->logits);
    t->dlogits = lw_calloc(t->batch_records, outputs * sizeof *t->dlogits);
    t->gradients = lw_aligned_alloc(t->table->trainable * sizeof *t->gradients);
    t->positives = lw_calloc(classes, sizeof *t->positives);
    t->class_weights = lw_calloc(classes, sizeof *t->class_weights);
    if ((t->mask && !t->known) || !t->thresholds || !t->order || !t->logits || !t->dlogits || !t->gradients ||
        !t->positives || !t->class_weights)
        return lw_fail_no_memory(err, "training");
    return lw_train_state_create(t->table->total, t->table->trainable, t->options->learning_rate,
                                 t->options->average > 0, &t->state, err);
}

lw_status lw_trainer_create(const lw_network *network, const lw_dataset *dataset, const lw_split *split,
                            const lw_train_options *options, const char *folder, lw_trainer *out, lw_error *err) {
    lw_status status = check_fit(network, dataset, options, err);
    if (status != LW_OK)
        return status;
    if (lw_cluster_shares(options->cluster) && options->batch < (size_t)options->cluster->size)
        return lw_fail(err, LW_ERR_ARGUMENT, "a batch of %zu records on %d ranks, expected one a rank or more",
                       options->batch, options->cluster->size);
    size_t records = split->count[LW_SPLIT_TRAIN];
    if (records == 0 || split->count[LW_SPLIT_VALIDATION] == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "no records to train or to validate on");
    lw_trainer t = {.network = network,
                    .dataset = dataset,
                    .split = split,
                    .options = options,
                    .folder = folder,
                    .threads = lw_threads_resolve(options->threads)};
    t.batch_records = options->batch < records ? options->batch : records;
    t.steps = (records + t.batch_records - 1) / t.batch_records;
    status = lw_dataset_check_labels(dataset, err);
    if (status == LW_OK)
        status = lw_split_patients(dataset, options->group_file, split, &t.patients, err);
    if (status == LW_OK)
        status = create_parts(&t, err);
    if (status == LW_OK)
        status = allocate(&t, err);
    if (status != LW_OK) {
        lw_trainer_free(&t);
        return status;
    }
    for (size_t i = 0; i < records; i++)
        for (size_t k = 0; k < t.validator.classes; k++)
            t.positives[k] += lw_dataset_labels(dataset, split->index[LW_SPLIT_TRAIN][i])[k];
    lw_class_weights(t.positives, t.validator.classes, records, options->class_weight_epsilon, t.class_weights);
    lw_parameters_initialise(t.table, options->seed, t.state.values);
    if (t.state.average)
        memcpy(t.state.average, t.state.values, t.state.total * sizeof *t.state.values);
    *out = t;
    return LW_OK;
}

/** "epoch 3, step 17: the loss is not finite; records A0001, A0002, ..." */
static lw_status fail_not_finite(const lw_trainer *t, const char *what, lw_error *err) {
    /* A sentence has 511 characters, of which all but the names need about 100. */
    enum { NAMES_LENGTH = 380 };
    lw_text names = {0};
    size_t k = 0;
    for (; k < t->batch.n && names.length < NAMES_LENGTH; k++) {
        const char *name = lw_dataset_name(t->dataset, t->batch.records[k]);
        lw_text_printf(&names, "%s%.60s", k == 0 ? "" : ", ", name);
    }
    if (k < t->batch.n)
        lw_text_printf(&names, " and %zu more", t->batch.n - k);
    lw_status status = lw_fail(err, LW_ERR_NOT_FINITE, "epoch %llu, step %llu: %s is not finite; records %s",
                               (unsigned long long)t->state.epoch, (unsigned long long)t->state.step + 1, what,
                               names.failed ? "unknown" : names.data);
    lw_text_free(&names);
    return status;
}

static lw_status gather(lw_trainer *t, lw_error *err) {
    size_t records = t->split->count[LW_SPLIT_TRAIN];
    if (t->order_epoch != t->state.epoch) {
        lw_batch_order(t->options->seed, t->state.epoch, t->split->index[LW_SPLIT_TRAIN], records, t->order);
        t->order_epoch = t->state.epoch;
    }
    size_t first = t->state.step * t->batch_records;
    assert(first < records);
    size_t n = records - first < t->batch_records ? records - first : t->batch_records;
    lw_error inner = {0};
    lw_status status = lw_batch_gather(t->dataset, t->order + first, n, &t->batch, &inner);
    if (status != LW_OK)
        return lw_fail(err, status, "epoch %llu, step %llu: %s", (unsigned long long)t->state.epoch,
                       (unsigned long long)t->state.step + 1, inner.message);
    if (t->mask)
        lw_label_mask_fill(t->mask, t->batch.records, n, t->known);
    lw_variation_apply(&t->variation, t->state.epoch, first, &t->batch, t->known);
    return LW_OK;
}

/** Find the loss of the batch, and its gradient in t->dlogits. */
static double find_loss(lw_trainer *t) {
    lw_second_head *second = &t->second;
    const size_t n = t->batch.n, count = n * t->validator.classes;
    const float *logits = second->network ? second->logits : t->logits, *targets = t->batch.targets;
    float *dlogits = second->network ? second->dlogits : t->dlogits;
    if (second->network)
        lw_second_head_split(second, n, t->logits);
    double loss = lw_loss(n, t->validator.classes, logits, targets, t->class_weights, t->known, dlogits);
    if (t->options->metric_loss > 0)
        loss += lw_soft_metric_loss(t->soft_metric, t->options->metric_loss, n, logits, targets, t->known, dlogits);
    if (second->network) {
        memset(dlogits + count, 0, count * sizeof *dlogits);
        loss += lw_soft_metric_loss(t->soft_metric, t->options->metric_head, n, logits + count, targets, t->known,
                                    dlogits + count);
        lw_second_head_join(second, n, t->dlogits);
    }
    return loss;
}

double lw_trainer_rate(const lw_trainer *t) {
    const lw_train_options *o = t->options;
    return t->state.schedule.learning_rate * lw_schedule_factor(o->schedule == LW_SCHEDULE_COSINE, t->state.adam_steps,
                                                                o->warmup_epochs * (double)t->steps,
                                                                o->epochs * t->steps);
}

/** Take a step of Adam, after decay of the parameters with a fan-in: of weights, not of biases, gains and offsets. */
static void update(lw_trainer *t) {
    lw_train_state *s = &t->state;
    s->adam_steps++;
    const double rate = lw_trainer_rate(t), decay = t->options->weight_decay;
    const lw_adam adam = {rate, t->options->beta1, t->options->beta2, t->options->epsilon};
    for (size_t i = 0; decay > 0 && i < t->table->count; i++) {
        const lw_parameter *item = &t->table->item[i];
        if (item->fan_in > 0)
            lw_weight_decay(rate * decay, item->elements, s->values + item->offset);
    }
    lw_adam_step(&adam, s->adam_steps, s->trainable, t->gradients, s->m, s->v, s->values, t->threads);
    if (s->average)
        lw_average_update(t->options->average, s->adam_steps, s->total, s->values, s->average);
}

/** Compute the logits of the whole batch, of which this rank runs `part`. */
static void forward(lw_trainer *t, const lw_cluster *cluster, lw_part part) {
    const size_t outputs = lw_network_output_count(trained_network(t));
    const size_t inputs = t->batch.leads * lw_dataset_sample_count(t->dataset);
    const lw_dropout_key dropout = {t->options->seed, t->state.epoch, t->batch.records + part.first};
    if (cluster)
        memset(t->logits, 0, t->batch.n * outputs * sizeof *t->logits);
    lw_engine_share(t->engine, cluster, t->batch.n);
    for (size_t i = 0; lw_network_input_count(t->network) > 0 && i < part.count; i++) {
        const size_t record = t->batch.records[part.first + i];
        const lw_person person = {(double)lw_dataset_age_years(t->dataset, record), lw_dataset_sex(t->dataset, record)};
        lw_network_encode(t->network, &person, lw_engine_inputs(t->engine, i));
    }
    lw_engine_forward(t->engine, part.count, t->batch.signals + part.first * inputs, &dropout, t->state.values,
                      t->logits + part.first * outputs);
    if (cluster)
        cluster->sum_floats(cluster->context, t->logits, t->batch.n * outputs);
}

lw_status lw_trainer_step(lw_trainer *t, lw_error *err) {
    lw_train_state *s = &t->state;
    lw_status status = gather(t, err);
    if (status != LW_OK)
        return status;
    const size_t n = t->batch.n, outputs = lw_network_output_count(trained_network(t));
    const lw_cluster *cluster = sharing(t, n);
    const lw_part part = lw_cluster_part(cluster, n);
    forward(t, cluster, part);
    double loss = find_loss(t);
    if (!isfinite(loss))
        return fail_not_finite(t, "the loss", err);
    lw_engine_backward(t->engine, part.count, t->dlogits + part.first * outputs, s->values, t->gradients);
    if (cluster)
        cluster->sum_floats(cluster->context, t->gradients, s->trainable);
    if (!lw_all_finite(t->gradients, s->trainable))
        return fail_not_finite(t, "a gradient", err);
    update(t);
    s->loss_sum += loss * (double)n;
    s->step++;
    return LW_OK;
}

size_t lw_trainer_records_done(const lw_trainer *t) {
    size_t records = t->split->count[LW_SPLIT_TRAIN], done = t->state.step * t->batch_records;
    return done < records ? done : records;
}

static lw_status validate(lw_trainer *t, const float *values, lw_history_row *row, lw_error *err) {
    lw_scores scores = {0};
    lw_status status =
        lw_validator_predict(&t->validator, values, t->split->index[LW_SPLIT_VALIDATION],
                             t->split->count[LW_SPLIT_VALIDATION], t->class_weights, &row->validation_loss, err);
    if (status == LW_OK)
        status = lw_validator_score(&t->validator, t->options->year, NULL, lw_train_fallback(t->options), &scores, err);
    if (status != LW_OK)
        return status;
    row->validation_metric = scores.challenge_metric;
    row->validation_auroc = scores.auroc;
    lw_scores_free(&scores);
    if (!t->options->tune_thresholds)
        return LW_OK;
    /* Thresholds by class overfit so few records; one common threshold hardly does. */
    status = lw_validator_tune(&t->validator, t->options->year, lw_train_fallback(t->options), t->thresholds,
                               &t->tuning, err);
    row->validation_metric = t->tuning.metric_common;
    return status;
}

/** Whether the epoch of `row` is kept rather than those before. */
static bool is_best(const lw_trainer *t, const lw_history_row *row, bool lowest_loss) {
    const lw_history *history = &t->state.history;
    if (t->options->keep != LW_KEEP_BEST_METRIC)
        return lowest_loss || t->options->keep == LW_KEEP_LAST;
    for (size_t i = 0; i < history->count; i++)
        if (!(row->validation_metric > history->rows[i].validation_metric))
            return false;
    return true;
}

lw_status lw_trainer_end_epoch(lw_trainer *t, lw_error *err) {
    lw_train_state *s = &t->state;
    lw_history_row row = {.epoch = (double)s->epoch,
                          .loss = s->loss_sum / (double)t->split->count[LW_SPLIT_TRAIN],
                          .learning_rate = lw_trainer_rate(t)};
    lw_error inner = {0};
    const bool has_second = t->second.network;
    const float *values = s->average ? s->average : s->values;
    if (has_second)
        values = lw_second_head_drop(&t->second, t->table, values);
    assert(s->step == t->steps);
    lw_status status = validate(t, values, &row, &inner);
    if (status != LW_OK)
        return lw_fail(err, status, "epoch %llu, validation: %s", (unsigned long long)s->epoch, inner.message);
    lw_schedule schedule = s->schedule;
    const bool cosine = t->options->schedule == LW_SCHEDULE_COSINE;
    bool lowest = lw_schedule_update(&schedule, s->epoch, row.validation_loss, cosine ? 0 : t->options->patience_halve,
                                     t->options->patience_stop);
    row.best = is_best(t, &row, lowest);
    status = lw_history_append(&s->history, row, err);
    if (status != LW_OK)
        return status;
    if (row.best != 0)
        memcpy(s->best_values, values, (has_second ? t->second.kept->total : s->total) * sizeof *values);
    s->schedule = schedule;
    s->epoch++;
    s->step = 0;
    s->loss_sum = 0;
    return LW_OK;
}

lw_status lw_trainer_tune(lw_trainer *t, lw_error *err) {
    double loss;
    lw_status status = lw_validator_predict(&t->validator, t->state.best_values, t->split->index[LW_SPLIT_VALIDATION],
                                            t->split->count[LW_SPLIT_VALIDATION], t->class_weights, &loss, err);
    if (status == LW_OK)
        status = lw_validator_tune(&t->validator, t->options->year, lw_train_fallback(t->options), t->thresholds,
                                   &t->tuning, err);
    t->tuned = status == LW_OK;
    return status;
}

const char *lw_trainer_test_fallback(const lw_trainer *t) {
    const char *own = lw_train_fallback(t->options), *code = own ? own : LW_CODE_NSR;
    return lw_class_find(lw_dataset_classes(t->dataset), code) >= 0 ? code : NULL;
}

lw_status lw_trainer_save_model(const lw_trainer *t, lw_error *err) {
    lw_model *model = NULL;
    char *path = lw_path_join(t->folder, LW_RUN_MODEL);
    lw_status status = !path ? lw_fail_no_memory(err, "a path") : LW_OK;
    if (status == LW_OK)
        status = lw_model_create(t->network, lw_dataset_preprocessing(t->dataset), lw_dataset_classes(t->dataset),
                                 t->tuned ? t->thresholds : NULL, lw_train_fallback(t->options), t->state.best_values,
                                 &model, err);
    if (status == LW_OK)
        status = lw_model_save(model, path, err);
    lw_model_free(&model);
    free(path);
    return status;
}
