/**
 * @file cluster_support.h
 * A cluster whose ranks are threads of one process, in place of MPI's processes.
 */
#ifndef LW_TESTS_CLUSTER_SUPPORT_H
#define LW_TESTS_CLUSTER_SUPPORT_H

#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "leadwise/cluster.h"

enum { LWT_RANKS_MAX = 4 };

/** The threads of a cluster, which exchange data in sums. */
typedef struct lwt_ranks {
    int size;
    pthread_barrier_t barrier;
    const void *values[LWT_RANKS_MAX]; /**< of the sum under way */
    atomic_bool stopped;
} lwt_ranks;

/** The context of a rank's callbacks. */
typedef struct lwt_rank {
    lwt_ranks *all;
    int rank;
} lwt_rank;

/** values[count], doubles or floats, summed in the order of the ranks. */
static inline void lwt_sum_any(lwt_rank *self, void *values, size_t count, bool floats) {
    lwt_ranks *all = self->all;
    double *sums = calloc(count + 1, sizeof *sums);
    if (!sums)
        abort();
    all->values[self->rank] = values;
    pthread_barrier_wait(&all->barrier);
    for (int rank = 0; rank < all->size; rank++)
        for (size_t i = 0; i < count; i++)
            sums[i] += floats ? (double)((const float *)all->values[rank])[i] : ((const double *)all->values[rank])[i];
    pthread_barrier_wait(&all->barrier);
    for (size_t i = 0; i < count; i++)
        if (floats)
            ((float *)values)[i] = (float)sums[i];
        else
            ((double *)values)[i] = sums[i];
    free(sums);
}

static inline void lwt_sum(void *context, double *values, size_t count) { lwt_sum_any(context, values, count, false); }
static inline void lwt_sum_floats(void *context, float *values, size_t count) {
    lwt_sum_any(context, values, count, true);
}
static inline void lwt_stop_ranks(void *context) { atomic_store(&((lwt_rank *)context)->all->stopped, true); }
static inline bool lwt_ranks_stopped(void *context) { return atomic_load(&((lwt_rank *)context)->all->stopped); }

/** The work of a rank; `task` is its own element of the tasks. No cmocka assertion may fail in it. */
typedef void lwt_rank_fn(const lw_cluster *cluster, void *task);

typedef struct lwt_rank_thread {
    pthread_t thread;
    lwt_rank rank;
    lw_cluster cluster;
    lwt_rank_fn *run;
    void *task;
} lwt_rank_thread;

static inline void *lwt_rank_main(void *argument) {
    lwt_rank_thread *t = argument;
    t->run(&t->cluster, t->task);
    return NULL;
}

/** Run `run` on `size` ranks; rank r gets the r-th of `tasks`, each of `task_bytes`. */
static inline void lwt_run_ranks(int size, lwt_rank_fn *run, void *tasks, size_t task_bytes) {
    lwt_ranks all = {.size = size};
    lwt_rank_thread threads[LWT_RANKS_MAX];
    assert_true(size <= LWT_RANKS_MAX);
    assert_int_equal(pthread_barrier_init(&all.barrier, NULL, (unsigned)size), 0);
    for (int r = 0; r < size; r++) {
        lwt_rank_thread *t = &threads[r];
        *t = (lwt_rank_thread){.rank = {&all, r}, .run = run, .task = (char *)tasks + (size_t)r * task_bytes};
        t->cluster = (lw_cluster){.rank = r,
                                  .size = size,
                                  .context = &t->rank,
                                  .sum = lwt_sum,
                                  .sum_floats = lwt_sum_floats,
                                  .stop = lwt_stop_ranks,
                                  .stopped = lwt_ranks_stopped};
        assert_int_equal(pthread_create(&t->thread, NULL, lwt_rank_main, t), 0);
    }
    for (int r = 0; r < size; r++)
        pthread_join(threads[r].thread, NULL);
    pthread_barrier_destroy(&all.barrier);
}

#endif
