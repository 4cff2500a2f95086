/* Ranks that divide every batch train as one does, repeat themselves, and stop and fail together; and they divide the
 * folds of a cross-validation. */
#include "cluster_support.h"
#include "train_support.h"

#include <math.h>
#include <unistd.h>

#include "dataset/split.h"
#include "lab/study.h"
#include "train/variation.h"

/* ---- Whole runs */

/* A rank's run and how it ended. */
typedef struct ranked_run {
    const lwt_training *training; /* shared by all ranks */
    lw_train_options options;
    const char *folder;
    lwt_stopper stopper;
    lw_train_result result;
    lw_status status;
    lw_error err;
} ranked_run;

static void run_rank(const lw_cluster *cluster, void *task) {
    ranked_run *r = task;
    r->options.cluster = cluster;
    r->status = lw_train(r->training->network, r->training->dataset, &r->options, r->folder, lwt_stop, &r->stopper,
                         &r->result, &r->err);
}

/* The same run for every rank, for a test to change before train_ranks. */
static void plan_ranks(const lwt_training *t, const char *name, ranked_run runs[LWT_RANKS_MAX]) {
    const char *folder = lwt_temp_path(name);
    for (int r = 0; r < LWT_RANKS_MAX; r++)
        runs[r] = (ranked_run){.training = t, .options = t->options, .folder = folder};
}

static void train_ranks(int size, ranked_run *runs) { lwt_run_ranks(size, run_rank, runs, sizeof *runs); }

static void assert_all_ok(int size, const ranked_run *runs) {
    for (int r = 0; r < size; r++)
        lwt_assert_ok(runs[r].status, &runs[r].err);
}

static void assert_all_fail(int size, const ranked_run *runs, lw_status status, const char *part) {
    for (int r = 0; r < size; r++)
        lwt_assert_fails(runs[r].status, status, &runs[r].err, part);
}

/* Train on `size` ranks into `name`. */
static void train_whole(const lwt_training *t, int size, const char *name) {
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(t, name, runs);
    train_ranks(size, runs);
    assert_all_ok(size, runs);
    for (int r = 1; r < size; r++) {
        const lw_train_result *result = &runs[r].result;
        assert_int_equal(result->epoch_count, runs[0].result.epoch_count);
        assert_int_equal(result->best_epoch, runs[0].result.best_epoch);
        assert_true(result->best_validation_loss == runs[0].result.best_validation_loss);
    }
}

/* The loss of every epoch in a run's history. */
static void read_losses(const char *run, double losses[LWT_EPOCHS]) {
    for (int i = 0; i < LWT_EPOCHS; i++)
        losses[i] = lwt_history_value(run, (size_t)i + 1, 1);
}

static void ranks_train_as_one_does(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    /* 29 training records: batches of 8 leave 5, of 7 leave 1, which every rank then runs whole. */
    for (size_t batch = 7; batch <= 8; batch++) {
        double alone[LWT_EPOCHS], shared[LWT_EPOCHS];
        t.options.batch = batch;
        train_whole(&t, 1, "alone");
        read_losses("alone", alone);
        for (int size = 2; size <= 4; size += 2) {
            train_whole(&t, size, "ranks");
            read_losses("ranks", shared);
            for (int i = 0; i < LWT_EPOCHS; i++)
                lwt_assert_close(shared[i], alone[i], 0, 1e-4);
        }
    }
    lwt_training_free(&t);
}

/* What looks at more than one record of a batch, or draws for each. */
static void ranks_train_as_one_beyond_the_papers(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    double alone[LWT_EPOCHS], shared[LWT_EPOCHS];
    t.options.mixup = 0.5;
    t.options.lead_dropout = 0.3;
    t.options.augment = LW_AUGMENT_SHIFT | LW_AUGMENT_NOISE;
    t.options.metric_loss = 0.5;
    t.options.metric_head = 0.5;
    t.options.weight_decay = 0.01;
    train_whole(&t, 1, "alone");
    read_losses("alone", alone);
    train_whole(&t, 3, "ranks");
    read_losses("ranks", shared);
    for (int i = 0; i < LWT_EPOCHS; i++)
        lwt_assert_close(shared[i], alone[i], 0, 1e-4);
    lwt_training_free(&t);
}

static void the_same_ranks_give_the_same_bytes(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    train_whole(&t, 3, "first");
    train_whole(&t, 3, "second");
    lwt_assert_same_run("first", "second");
    t.options.threads = 2;
    train_whole(&t, 3, "threads");
    lwt_assert_same_file("first", "threads", "model.safetensors");
    lwt_training_free(&t);
}

static void one_rank_is_a_process_alone(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    train_whole(&t, 1, "of-one");
    lwt_assert_ok(lwt_train(&t, "without", NULL, NULL, &err), &err);
    lwt_assert_same_run("of-one", "without");
    lwt_training_free(&t);
}

/* Two ranks, of which rank 1 stops at its `call`-th hook. */
static void stop_rank_1(const lwt_training *t, const char *name, size_t call) {
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(t, name, runs);
    runs[1].stopper.stop_at = call;
    train_ranks(2, runs);
    assert_all_fail(2, runs, LW_ERR_INTERRUPTED, "stopped in epoch");
    assert_int_equal(runs[0].stopper.calls, call);
    assert_int_equal(runs[1].stopper.calls, call);
    assert_string_equal(runs[0].err.message, runs[1].err.message);
}

static void a_stop_of_one_rank_stops_all_and_changes_nothing(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    train_whole(&t, 2, "unstopped");
    t.options.resume = true;
    /* Five calls an epoch: in its middle, after its last step, after its validation, and at the very end. */
    static const size_t calls[] = {2, 4, 5, 20};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "stopped-%zu", calls[i]);
        stop_rank_1(&t, name, calls[i]);
        train_whole(&t, 2, name);
        lwt_assert_same_run("unstopped", name);
    }
    lwt_training_free(&t);
}

static void another_number_of_ranks_goes_on(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    double first[LWT_EPOCHS], shared[LWT_EPOCHS];
    train_whole(&t, 2, "two");
    read_losses("two", first);
    t.options.resume = true;
    stop_rank_1(&t, "two-then-four", 7);
    train_whole(&t, 4, "two-then-four");
    read_losses("two-then-four", shared);
    for (int i = 0; i < LWT_EPOCHS; i++)
        lwt_assert_close(shared[i], first[i], 0, 1e-4);
    stop_rank_1(&t, "two-then-one", 7);
    lwt_assert_ok(lwt_train(&t, "two-then-one", NULL, NULL, &err), &err);
    /* And a finished run is left alone by all. */
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(&t, "two-then-one", runs);
    train_ranks(3, runs);
    assert_all_ok(3, runs);
    for (int r = 0; r < 3; r++)
        assert_true(runs[r].result.already_finished && runs[r].stopper.calls == 0);
    lwt_training_free(&t);
}

/* ---- Failures: each ends all ranks, with one sentence */

static void other_data_on_a_rank_are_refused(void **state) {
    (void)state;
    lwt_training t = lwt_training_create(), other = lwt_training_create();
    lwt_data data = lwt_data_create(LWT_RECORDS, 0.25f);
    lw_dataset_free(&other.dataset);
    other.dataset = lwt_data_open(&data, NULL, "other-data");
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(&t, "other-rank", runs);
    runs[1].training = &other;
    train_ranks(2, runs);
    assert_all_fail(2, runs, LW_ERR_MISMATCH, "rank 1 does not hold the data and configuration of rank 0");
    plan_ranks(&t, "other-rank", runs);
    runs[2].options.epochs = 7;
    train_ranks(3, runs);
    assert_all_fail(3, runs, LW_ERR_MISMATCH, "rank 2 does not hold the epochs");
    lwt_data_free(&data);
    lwt_training_free(&other);
    lwt_training_free(&t);
}

static void a_checkpoint_that_a_rank_lacks_is_an_error(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    t.options.resume = true;
    stop_rank_1(&t, "here", 7);
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(&t, "here", runs);
    runs[1].folder = lwt_temp_path("elsewhere");
    train_ranks(2, runs);
    assert_all_fail(2, runs, LW_ERR_MISMATCH, "rank 1 does not hold the epoch and step of rank 0");
    lwt_training_free(&t);
}

static void what_rank_0_cannot_write_ends_all(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    ranked_run runs[LWT_RANKS_MAX];
    lwt_write_file(lwt_temp_path("a-file"), "", 0);
    plan_ranks(&t, "a-file", runs);
    train_ranks(3, runs);
    assert_all_fail(3, runs, LW_ERR_IO, "a-file");
    lwt_training_free(&t);
}

static void too_many_ranks_are_refused(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    t.options.batch = 3;
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(&t, "crowd", runs);
    train_ranks(4, runs);
    assert_all_fail(4, runs, LW_ERR_ARGUMENT, "a batch of 3 records on 4 ranks");
    lwt_training_free(&t);
}

static void a_sample_that_is_no_z_score_ends_all(void **state) {
    (void)state;
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    for (size_t i = 0; i < LWT_RECORDS; i++)
        data.signals[i * LWT_LEADS * LWT_SAMPLES] = 3e38f;
    lwt_training t = {lwt_narrow_network(), lwt_data_open(&data, NULL, "too-large-data"), lwt_train_options()};
    lwt_data_free(&data);
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(&t, "too-large", runs);
    train_ranks(2, runs);
    assert_all_fail(2, runs, LW_ERR_FORMAT, "no z-score");
    assert_string_equal(runs[0].err.message, runs[1].err.message);
    lwt_training_free(&t);
}

static void a_bad_sample_on_validation_ends_all(void **state) {
    (void)state;
    lw_error err = {0};
    lwt_training t = lwt_training_create();
    lw_split split = {0};
    lwt_assert_ok(lw_split_random(t.dataset, NULL, t.options.seed, t.options.test_fraction,
                                  t.options.validation_fraction, &split, &err),
                  &err);
    /* In the part of the last rank alone. */
    lwt_data data = lwt_data_create(LWT_RECORDS, 2);
    const size_t last = split.index[LW_SPLIT_VALIDATION][split.count[LW_SPLIT_VALIDATION] - 1];
    data.signals[last * LWT_LEADS * LWT_SAMPLES] = NAN;
    lw_dataset_free(&t.dataset);
    t.dataset = lwt_data_open(&data, NULL, "bad-data");
    ranked_run runs[LWT_RANKS_MAX];
    plan_ranks(&t, "bad", runs);
    train_ranks(2, runs);
    assert_all_fail(2, runs, LW_ERR_NOT_FINITE, "not finite");
    lw_split_free(&split);
    lwt_data_free(&data);
    lwt_training_free(&t);
}

/* ---- Folds */

/* A rank's cross-validation. */
typedef struct ranked_crossval {
    const lwt_training *training;
    lw_train_options train;
    lw_crossval_options options;
    const char *folder;
    size_t stop_at, calls; /* as lwt_stopper's */
    lw_status status;
    lw_error err;
} ranked_crossval;

static bool on_fold(void *context, size_t fold, size_t folds, const lw_train_progress *progress) {
    (void)fold, (void)folds, (void)progress;
    ranked_crossval *c = context;
    return ++c->calls != c->stop_at;
}

static void crossval_rank(const lw_cluster *cluster, void *task) {
    ranked_crossval *c = task;
    c->train.cluster = cluster;
    c->options.train = &c->train;
    c->status =
        lw_crossval(c->training->network, c->training->dataset, &c->options, c->folder, on_fold, c, NULL, &c->err);
}

static void plan_crossval(const lwt_training *t, const char *name, bool resume, ranked_crossval ranks[LWT_RANKS_MAX]) {
    lw_crossval_options options = lw_crossval_options_default();
    options.fold_count = 3;
    options.replicate_count = 10;
    lw_train_options train = t->options;
    train.epochs = 2;
    train.resume = resume;
    const char *folder = lwt_temp_path(name);
    for (int r = 0; r < LWT_RANKS_MAX; r++)
        ranks[r] = (ranked_crossval){.training = t, .train = train, .options = options, .folder = folder};
}

static void crossval_whole(const lwt_training *t, int size, const char *name, bool resume) {
    ranked_crossval ranks[LWT_RANKS_MAX];
    plan_crossval(t, name, resume, ranks);
    lwt_run_ranks(size, crossval_rank, ranks, sizeof ranks[0]);
    for (int r = 0; r < size; r++)
        lwt_assert_ok(ranks[r].status, &ranks[r].err);
}

static void assert_same_crossval(const char *a, const char *b) {
    lwt_assert_same_file(a, b, "results.json");
    lwt_assert_same_file(a, b, "outputs/R003.csv");
    lwt_assert_same_file(a, b, "fold2/model.safetensors");
}

static void folds_are_the_same_on_any_ranks(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    crossval_whole(&t, 1, "cv-1", false);
    crossval_whole(&t, 2, "cv-2", false);
    crossval_whole(&t, 4, "cv-4", false);
    assert_same_crossval("cv-1", "cv-2");
    assert_same_crossval("cv-1", "cv-4");
    lwt_training_free(&t);
}

static void a_stopped_rank_stops_the_folds_of_all(void **state) {
    (void)state;
    lwt_training t = lwt_training_create();
    ranked_crossval ranks[LWT_RANKS_MAX];
    plan_crossval(&t, "cv-stopped", false, ranks);
    ranks[1].stop_at = 2;
    lwt_run_ranks(2, crossval_rank, ranks, sizeof ranks[0]);
    for (int r = 0; r < 2; r++)
        lwt_assert_fails(ranks[r].status, LW_ERR_INTERRUPTED, &ranks[r].err, "stopped in epoch");
    crossval_whole(&t, 1, "cv-whole", false);
    crossval_whole(&t, 2, "cv-stopped", true);
    assert_same_crossval("cv-whole", "cv-stopped");
    lwt_training_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_train_as_one_does),
        cmocka_unit_test(ranks_train_as_one_beyond_the_papers),
        cmocka_unit_test(the_same_ranks_give_the_same_bytes),
        cmocka_unit_test(one_rank_is_a_process_alone),
        cmocka_unit_test(a_stop_of_one_rank_stops_all_and_changes_nothing),
        cmocka_unit_test(another_number_of_ranks_goes_on),
        cmocka_unit_test(other_data_on_a_rank_are_refused),
        cmocka_unit_test(a_checkpoint_that_a_rank_lacks_is_an_error),
        cmocka_unit_test(what_rank_0_cannot_write_ends_all),
        cmocka_unit_test(too_many_ranks_are_refused),
        cmocka_unit_test(a_sample_that_is_no_z_score_ends_all),
        cmocka_unit_test(a_bad_sample_on_validation_ends_all),
        cmocka_unit_test(folds_are_the_same_on_any_ranks),
        cmocka_unit_test(a_stopped_rank_stops_the_folds_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
