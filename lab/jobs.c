/* This file deals a list of jobs to the ranks, and there to threads. */
#include "lab/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

/** What stands below `lock` is changed with it held only. */
struct lw_jobs {
    const lw_cluster *cluster;
    size_t at_once;
    const size_t *items; /**< [count], or NULL */
    size_t count;
    lw_job_fn *job;
    void *context;
    pthread_mutex_t lock;
    size_t next; /**< place of the first item that was not looked at */
    bool stopping;
    size_t failed;    /**< place of the item that `failure` is of */
    lw_error failure; /**< of status LW_OK until an item fails */
};

bool lw_jobs_enter(lw_jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping |= lw_cluster_stopped(jobs->cluster);
    return !jobs->stopping;
}

bool lw_jobs_leave(lw_jobs *jobs, bool go_on) {
    if (!go_on && !jobs->stopping)
        lw_cluster_stop(jobs->cluster);
    jobs->stopping |= !go_on;
    pthread_mutex_unlock(&jobs->lock);
    return go_on;
}

int lw_jobs_share(int threads, size_t at_once) {
    assert(at_once > 0);
    const int all = lw_threads_resolve(threads);
    return at_once < (size_t)all ? all / (int)at_once : 1;
}

/** The place of this rank's next item; false when there is none, or all are to stop. */
static bool next_item(lw_jobs *jobs, size_t *place) {
    const bool go_on = lw_jobs_enter(jobs);
    while (jobs->next < jobs->count && !lw_cluster_owns(jobs->cluster, jobs->next))
        jobs->next++;
    const bool there = go_on && jobs->next < jobs->count;
    if (there)
        *place = jobs->next++;
    lw_jobs_leave(jobs, go_on);
    return there;
}

/** Of several failures the first item's counts; of one that was merely stopped, none where there is another. */
static void note_failure(lw_jobs *jobs, size_t place, lw_status status, const lw_error *sentence) {
    lw_jobs_enter(jobs);
    const bool none = jobs->failure.status == LW_OK, was_stopped = jobs->failure.status == LW_ERR_INTERRUPTED;
    const bool is_stopped = status == LW_ERR_INTERRUPTED;
    if (none || (was_stopped && !is_stopped) || (was_stopped == is_stopped && place < jobs->failed)) {
        jobs->failed = place;
        jobs->failure = *sentence;
        jobs->failure.status = status;
    }
    lw_jobs_leave(jobs, false);
}

/** One thread: item after item. */
static void *work(void *context) {
    lw_jobs *jobs = context;
    size_t place;
    while (next_item(jobs, &place)) {
        lw_error err = {0};
        const lw_status status = jobs->job(jobs, jobs->context, jobs->items ? jobs->items[place] : place, &err);
        if (status != LW_OK)
            note_failure(jobs, place, status, &err);
    }
    return NULL;
}

/** This rank's items. */
static lw_status work_at_once(void *context, lw_error *err) {
    lw_jobs *jobs = context;
    const size_t most = jobs->at_once < jobs->count ? jobs->at_once : jobs->count;
    pthread_t *threads = lw_calloc(most + 1, sizeof *threads);
    size_t started = 0;
    if (!threads) {
        lw_cluster_stop(jobs->cluster);
        return lw_fail_no_memory(err, "the jobs");
    }
    while (started + 1 < most && pthread_create(&threads[started], NULL, work, jobs) == 0)
        started++;
    work(jobs); /* this thread is one of them */
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    if (jobs->failure.status != LW_OK && err)
        *err = jobs->failure;
    return jobs->failure.status;
}

lw_status lw_jobs_run(const lw_cluster *cluster, size_t at_once, const size_t *items, size_t count, lw_job_fn *job,
                      void *context, lw_error *err) {
    lw_jobs jobs = {.cluster = cluster,
                    .at_once = at_once,
                    .items = items,
                    .count = count,
                    .job = job,
                    .context = context,
                    .lock = PTHREAD_MUTEX_INITIALIZER};
    lw_status status = lw_collective_run(cluster, LW_EVERY_RANK, work_at_once, &jobs, err);
    pthread_mutex_destroy(&jobs.lock);
    return status;
}
