/* What the runs of an ablation are worth on the test records. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "evaluate/scoring.h"
#include "lab/ablation.h"
#include "lab/crossval_internal.h"
#include "train/options_table.h"
#include "train/run_folder.h"

/** Scores of a run: Challenge metric by each rule, then AUROC; and of every replicate. */
enum { AUROC = LW_ABLATION_AUROC, SCORES = LW_ABLATION_MEASURE_COUNT };
typedef struct run_scores {
    double value[SCORES];
    double *replicates[SCORES]; /**< [replicates] */
} run_scores;

typedef struct assessment {
    const lw_dataset *dataset;
    const lw_ablation_options *options;
    const char *folder;
    lw_scoring scoring;
    lw_split split;
    int fallback;         /**< column, or -1 */
    run_scores *runs;     /**< [runs], then the ensemble's where there is one */
    double *replicates;   /**< of all of them */
    size_t cells;         /**< probabilities of a run: records of lw_predict_split, by classes */
    float *probabilities; /**< [cells], of the run at hand */
    double *sum;          /**< [cells], of the baseline's runs so far */
    double *scratch;      /**< [replicates] */
} assessment;

static bool has_ensemble(const lw_ablation_options *options) { return options->ensemble && options->seed_count > 1; }

size_t lw_ablation_result_count(const lw_ablation_options *options) {
    return 1 + options->item_count + has_ensemble(options);
}

/** Runs to be scored, and the ensemble. */
static size_t scored_count(const lw_ablation_options *options) {
    return lw_ablation_runs(options) + has_ensemble(options);
}

static void assessment_free(assessment *j) {
    free(j->runs);
    free(j->replicates);
    free(j->probabilities);
    free(j->sum);
    free(j->scratch);
    lw_split_free(&j->split);
    lw_scoring_free(&j->scoring);
}

static lw_status assessment_create(assessment *j, lw_error *err) {
    const lw_train_options *train = j->options->train;
    const size_t runs = scored_count(j->options), replicates = j->options->replicate_count;
    const size_t classes = lw_class_count(lw_dataset_classes(j->dataset));
    const char *code = lw_train_fallback(train);
    j->fallback = code ? lw_class_find(lw_dataset_classes(j->dataset), code) : -1;
    lw_status status = lw_scoring_create(train->year, NULL, &j->scoring, err);
    if (status == LW_OK)
        status = lw_split_random(j->dataset, train->group_file, lw_train_split_seed(train), train->test_fraction,
                                 train->validation_fraction, &j->split, err);
    size_t drawn;
    if (status != LW_OK || !lw_size_mul(runs * SCORES, replicates, &drawn) ||
        !lw_size_mul(lw_predicted_records(&j->split), classes, &j->cells))
        return status != LW_OK ? status : lw_fail_no_memory(err, "an ablation");
    j->runs = lw_calloc(runs, sizeof *j->runs);
    j->replicates = lw_calloc(drawn, sizeof *j->replicates);
    j->scratch = lw_calloc(replicates, sizeof *j->scratch);
    j->probabilities = lw_calloc(j->cells, sizeof *j->probabilities);
    j->sum = lw_calloc(j->cells, sizeof *j->sum);
    if (!j->runs || !j->replicates || !j->scratch || !j->probabilities || !j->sum)
        return lw_fail_no_memory(err, "an ablation");
    for (size_t i = 0; i < runs * SCORES; i++)
        j->runs[i / SCORES].replicates[i % SCORES] = j->replicates + i * replicates;
    return LW_OK;
}

/* ---- Scores of a run */

static lw_status score_rule(const assessment *j, const lw_pool *pool, lw_rule rule, run_scores *run, lw_error *err) {
    const size_t count = j->split.count[LW_SPLIT_TEST], *index = j->split.index[LW_SPLIT_TEST];
    const lw_ablation_options *o = j->options;
    lw_answers answers = {0};
    lw_scores scores = {0};
    lw_status status = lw_pool_answers(pool, &j->scoring, rule, index, count, &answers, err);
    if (status == LW_OK)
        status = lw_score(&j->scoring, &answers, &scores, err);
    if (status == LW_OK)
        status = lw_intervals_replicates(&j->scoring, &answers, lw_train_split_seed(o->train), o->replicate_count,
                                         o->train->threads, run->replicates[rule], run->replicates[AUROC], err);
    run->value[rule] = scores.challenge_metric;
    run->value[AUROC] = scores.auroc; /* by any rule the same */
    lw_scores_free(&scores);
    lw_answers_free(&answers);
    return status;
}

/** Score j->probabilities. */
static lw_status score_predictions(const assessment *j, run_scores *run, lw_error *err) {
    lw_pool pool = {0};
    double thresholds[LW_CLASSES_MAX];
    lw_status status = lw_pool_create(j->dataset, &j->scoring, NULL, 0, &pool, err);
    if (status == LW_OK)
        status = lw_pool_add_predictions(j->dataset, &j->split, &j->scoring, j->fallback, j->probabilities, thresholds,
                                         &pool, err);
    for (size_t rule = 0; status == LW_OK && rule < LW_RULE_COUNT; rule++)
        status = score_rule(j, &pool, (lw_rule)rule, run, err);
    lw_pool_free(&pool);
    return status;
}

static lw_status score_run(const assessment *j, const char *path, run_scores *run, lw_error *err) {
    lw_model *model = NULL;
    lw_status status = lw_model_load(path, &model, err);
    if (status == LW_OK && !lw_class_list_equal(lw_model_classes(model), lw_dataset_classes(j->dataset)))
        status =
            lw_fail(err, LW_ERR_MISMATCH, "%s: the model has other classes than the data, expected the same", path);
    if (status == LW_OK)
        status =
            lw_predict_split(model, j->dataset, &j->split, lw_predict_how_of(j->options->train), j->probabilities, err);
    if (status == LW_OK)
        status = score_predictions(j, run, err);
    lw_model_free(&model);
    return status;
}

static lw_status score_runs(assessment *j, lw_error *err) {
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < lw_ablation_runs(j->options); i++) {
        char name[LW_ABLATION_NAME];
        lw_ablation_run_name(j->options, i, name);
        char *folder = lw_path_join(j->folder, name);
        char *path = folder ? lw_path_join(folder, LW_RUN_MODEL) : NULL;
        status = !path ? lw_fail_no_memory(err, "a path") : score_run(j, path, &j->runs[i], err);
        for (size_t k = 0; status == LW_OK && i < j->options->seed_count && k < j->cells; k++)
            j->sum[k] += (double)j->probabilities[k];
        free(folder);
        free(path);
    }
    if (status != LW_OK || !has_ensemble(j->options))
        return status;
    /* The mean of the predictions by the baseline's seeds, as a session of their lw_model_combine computes it. */
    for (size_t k = 0; k < j->cells; k++)
        j->probabilities[k] = (float)(j->sum[k] / (double)j->options->seed_count);
    return score_predictions(j, &j->runs[lw_ablation_runs(j->options)], err);
}

/* ---- Gains */

/** Whether result `i` is the ensemble's. */
static bool is_ensemble(const assessment *j, size_t i) { return i > j->options->item_count; }

/** The score of the ensemble, or the mean over the seeds of the baseline (0) or an item. */
static double value_of(const assessment *j, size_t i, size_t score) {
    const size_t seeds = j->options->seed_count;
    double sum = 0;
    if (is_ensemble(j, i))
        return j->runs[lw_ablation_runs(j->options)].value[score];
    for (size_t s = 0; s < seeds; s++)
        sum += j->runs[i * seeds + s].value[score];
    return sum / (double)seeds;
}

/** The mean gain over seeds that are drawn with replacement, on the records of replicate `b`. */
static double resampled_gain(const assessment *j, size_t item, size_t score, size_t b) {
    const size_t seeds = j->options->seed_count;
    /* Streams 0 to replicates - 1 draw the records. */
    lw_random random =
        lw_random_start(lw_train_split_seed(j->options->train), LW_RANDOM_BOOTSTRAP, j->options->replicate_count + b);
    double sum = 0;
    for (size_t s = 0; s < seeds; s++) {
        const size_t drawn = lw_random_below(&random, seeds);
        sum += j->runs[item * seeds + drawn].replicates[score][b] - j->runs[drawn].replicates[score][b];
    }
    return sum / (double)seeds;
}

/** The ensemble's gain on the records of replicate `b`. Seeds are not drawn: those that are drawn twice would make an
 * ensemble of fewer models, which gains less than the one that is scored. */
static double ensemble_gain(const assessment *j, size_t score, size_t b) {
    double sum = 0;
    for (size_t s = 0; s < j->options->seed_count; s++)
        sum += j->runs[s].replicates[score][b];
    return j->runs[lw_ablation_runs(j->options)].replicates[score][b] - sum / (double)j->options->seed_count;
}

static lw_ablation_result result_of(const assessment *j, size_t i) {
    const size_t replicates = j->options->replicate_count;
    lw_ablation_result result;
    for (size_t m = 0; m < SCORES; m++) {
        for (size_t b = 0; b < replicates; b++)
            j->scratch[b] = is_ensemble(j, i) ? ensemble_gain(j, m, b) : resampled_gain(j, i, m, b);
        const lw_interval interval = lw_interval_of(j->scratch, replicates);
        result.score[m] = value_of(j, i, m);
        result.gain[m] = (lw_gain){result.score[m] - value_of(j, 0, m), interval.low, interval.high};
    }
    return result;
}

/* ---- The files */

static lw_ablation_row row_of(const assessment *j, size_t i, const lw_ablation_result *result) {
    if (i == 0 || is_ensemble(j, i))
        return (lw_ablation_row){i == 0 ? LW_ABLATION_BASELINE : LW_ABLATION_ENSEMBLE, "", result};
    const lw_ablation_item *item = &j->options->items[i - 1];
    const char *change = lw_ablation_is_on(j->options->train, item) ? item->off : item->on;
    return (lw_ablation_row){item->name, item->shown ? item->shown : change, result};
}

static lw_status write_files(const assessment *j, const lw_ablation_result *results, lw_error *err) {
    const size_t rows = lw_ablation_result_count(j->options);
    lw_ablation_row *row = lw_calloc(rows, sizeof *row);
    if (!row)
        return lw_fail_no_memory(err, "a report");
    for (size_t i = 0; i < rows; i++)
        row[i] = row_of(j, i, &results[i]);
    const lw_ablation_table table = {.row_count = rows,
                                     .row = row,
                                     .seed_count = j->options->seed_count,
                                     .ensemble = has_ensemble(j->options),
                                     .test_record_count = j->split.count[LW_SPLIT_TEST],
                                     .train_record_count = j->split.count[LW_SPLIT_TRAIN],
                                     .replicate_count = j->options->replicate_count};
    lw_status status = lw_ablation_write(&table, j->folder, err);
    free(row);
    return status;
}

lw_status lw_ablation_report(const lw_dataset *dataset, const lw_ablation_options *options, const char *folder,
                             lw_ablation_result *results, lw_error *err) {
    assessment j = {.dataset = dataset, .options = options, .folder = folder};
    lw_status status = lw_ablation_check(options, err);
    if (status == LW_OK)
        status = assessment_create(&j, err);
    if (status == LW_OK)
        status = score_runs(&j, err);
    for (size_t i = 0; status == LW_OK && i < lw_ablation_result_count(options); i++)
        results[i] = result_of(&j, i);
    if (status == LW_OK)
        status = write_files(&j, results, err);
    assessment_free(&j);
    return status;
}
