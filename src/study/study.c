/* The cells of a published table, several at once. */
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "study/study_cell.h"

/** A study under way. What stands below `lock` is changed with it held only. */
typedef struct study {
    const lw_paper_table *table;
    const lw_dataset *dataset;
    const lw_study_options *options;
    const char *folder;
    lw_study_fn *progress;
    void *context;
    size_t *cells; /**< [count], this process's */
    size_t count;
    pthread_mutex_t lock;
    size_t taken; /**< cells that a job has begun */
    bool stopping;
    lw_status status;  /**< LW_OK until a cell fails */
    size_t failed;     /**< place in `cells` of the cell that `status` is of */
    lw_error sentence; /**< of `status` */
} study;

/** What the progress hook of one cell needs. */
typedef struct cell_watch {
    study *study;
    size_t cell;
} cell_watch;

static bool tell(void *context, size_t fold, size_t folds, const lw_train_progress *progress) {
    const cell_watch *watch = context;
    study *s = watch->study;
    pthread_mutex_lock(&s->lock);
    if (!s->stopping && s->progress != NULL)
        s->stopping = !s->progress(s->context, watch->cell, fold, folds, progress);
    const bool go_on = !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

static lw_status run_cell(study *s, size_t cell, lw_error *err) {
    cell_watch watch = {s, cell};
    lw_crossval_options how = s->options->crossval;
    lw_network *network = NULL;
    char name[LW_STUDY_NAME];
    how.train.threads = lw_study_threads(s->options);
    lw_study_cell_name(s->table, cell, name);
    char *folder = lw_path_join(s->folder, name);
    lw_status status = folder == NULL ? lw_fail_no_memory(err, "a path")
                                      : lw_study_network(s->table, s->dataset, s->options, cell, &network, err);
    if (status == LW_OK)
        status = lw_crossval(network, s->dataset, &how, folder, tell, &watch, err);
    lw_network_free(&network);
    free(folder);
    return status;
}

/** The next cell's place in `cells`; false when there is none, or everybody is to stop. */
static bool take(study *s, size_t *place) {
    pthread_mutex_lock(&s->lock);
    const bool there = !s->stopping && s->taken < s->count;
    if (there)
        *place = s->taken++;
    pthread_mutex_unlock(&s->lock);
    return there;
}

/** Stop the others. Of several failures the first cell's counts; one that was merely stopped, less than any. */
static void note_failure(study *s, size_t place, lw_status status, const lw_error *sentence) {
    pthread_mutex_lock(&s->lock);
    const bool first = s->status == LW_OK, was_stopped = s->status == LW_ERR_INTERRUPTED;
    const bool is_stopped = status == LW_ERR_INTERRUPTED;
    if (first || (was_stopped && !is_stopped) || (was_stopped == is_stopped && place < s->failed)) {
        s->status = status;
        s->failed = place;
        s->sentence = *sentence;
    }
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
}

/** One job: cell after cell. */
static void *work(void *context) {
    study *s = context;
    size_t place;
    while (take(s, &place)) {
        lw_error err = {0};
        const lw_status status = run_cell(s, s->cells[place], &err);
        if (status != LW_OK)
            note_failure(s, place, status, &err);
    }
    return NULL;
}

/** All jobs, this thread's among them; where the system has no more threads, with fewer. */
static lw_status run_jobs(study *s, lw_error *err) {
    const size_t jobs = s->options->jobs < s->count ? s->options->jobs : s->count;
    pthread_t *threads = lw_calloc(jobs + 1, sizeof *threads);
    size_t started = 0;
    if (threads == NULL)
        return lw_fail_no_memory(err, "the jobs");
    while (started + 1 < jobs && pthread_create(&threads[started], NULL, work, s) == 0)
        started++;
    work(s);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    if (s->status != LW_OK && err != NULL)
        *err = s->sentence;
    return s->status;
}

/** The cells of this process, each checked: what cannot work is said now, not after days. */
static lw_status plan(study *s, lw_error *err) {
    const size_t all = s->table->rows * s->table->columns;
    lw_status status = LW_OK;
    s->cells = lw_calloc(all, sizeof *s->cells);
    if (s->cells == NULL)
        return lw_fail_no_memory(err, "the cells");
    for (size_t cell = 0; status == LW_OK && cell < all; cell++) {
        lw_network *network = NULL;
        if (!lw_study_wants(s->table, s->options, cell))
            continue;
        status = lw_study_network(s->table, s->dataset, s->options, cell, &network, err);
        lw_network_free(&network);
        if (cell % s->options->ranks == s->options->rank)
            s->cells[s->count++] = cell;
    }
    return status;
}

lw_status lw_study_run(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                       const char *folder, lw_study_fn *progress, void *context, lw_error *err) {
    study s = {.table = table,
               .dataset = dataset,
               .options = options,
               .folder = folder,
               .progress = progress,
               .context = context,
               .lock = PTHREAD_MUTEX_INITIALIZER};
    lw_status status = lw_study_options_check(table, options, err);
    if (status == LW_OK)
        status = plan(&s, err);
    if (status == LW_OK)
        status = run_jobs(&s, err);
    free(s.cells);
    pthread_mutex_destroy(&s.lock);
    return status;
}
