#include "lab/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

/** What stands below `lock` is changed with it held only. */
struct lw_jobs {
    const size_t *items; /**< [count] */
    size_t count;
    lw_job_fn *job;
    void *context;
    pthread_mutex_t lock;
    size_t taken; /**< items that were begun */
    bool stopping;
    lw_status status;  /**< LW_OK until an item fails */
    size_t failed;     /**< place in `items` of the one that `status` is of */
    lw_error sentence; /**< of `status` */
};

bool lw_jobs_enter(lw_jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    return !jobs->stopping;
}

bool lw_jobs_leave(lw_jobs *jobs, bool go_on) {
    jobs->stopping |= !go_on;
    pthread_mutex_unlock(&jobs->lock);
    return go_on;
}

int lw_jobs_share(int threads, size_t at_once) {
    const int all = lw_threads_resolve(threads);
    return at_once < (size_t)all ? all / (int)at_once : 1;
}

/** The next item's place; false when there is none, or everybody is to stop. */
static bool take(lw_jobs *jobs, size_t *place) {
    const bool go_on = lw_jobs_enter(jobs), there = go_on && jobs->taken < jobs->count;
    if (there)
        *place = jobs->taken++;
    lw_jobs_leave(jobs, go_on);
    return there;
}

/** Of several failures the first item's counts; of one that was merely stopped, none where there is another. */
static void note_failure(lw_jobs *jobs, size_t place, lw_status status, const lw_error *sentence) {
    lw_jobs_enter(jobs);
    const bool none = jobs->status == LW_OK, was_stopped = jobs->status == LW_ERR_INTERRUPTED;
    const bool is_stopped = status == LW_ERR_INTERRUPTED;
    if (none || (was_stopped && !is_stopped) || (was_stopped == is_stopped && place < jobs->failed)) {
        jobs->status = status;
        jobs->failed = place;
        jobs->sentence = *sentence;
    }
    lw_jobs_leave(jobs, false);
}

/** One thread: item after item. */
static void *work(void *context) {
    lw_jobs *jobs = context;
    size_t place;
    while (take(jobs, &place)) {
        lw_error err = {0};
        const lw_status status = jobs->job(jobs, jobs->context, jobs->items[place], &err);
        if (status != LW_OK)
            note_failure(jobs, place, status, &err);
    }
    return NULL;
}

lw_status lw_jobs_run(size_t at_once, const size_t *items, size_t count, lw_job_fn *job, void *context, lw_error *err) {
    lw_jobs jobs = {.items = items, .count = count, .job = job, .context = context, .lock = PTHREAD_MUTEX_INITIALIZER};
    const size_t most = at_once < count ? at_once : count;
    pthread_t *threads = lw_calloc(most + 1, sizeof *threads);
    size_t started = 0;
    if (threads == NULL)
        return lw_fail_no_memory(err, "the jobs");
    while (started + 1 < most && pthread_create(&threads[started], NULL, work, &jobs) == 0)
        started++;
    work(&jobs); /* this thread is one of them */
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    pthread_mutex_destroy(&jobs.lock);
    if (jobs.status != LW_OK && err != NULL)
        *err = jobs.sentence;
    return jobs.status;
}
