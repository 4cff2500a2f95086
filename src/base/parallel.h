/**
 * @file parallel.h
 * How many threads a call may use. Without OpenMP there is one.
 */
#ifndef LW_BASE_PARALLEL_H
#define LW_BASE_PARALLEL_H

#ifdef _OPENMP
#include <omp.h>
#endif

enum { LW_THREADS_MAX = 256 };

/** `asked` threads, or all cores when it is 0 or negative; within 1 and LW_THREADS_MAX. */
static inline int lw_threads_resolve(int asked) {
#ifdef _OPENMP
    int threads = asked > 0 ? asked : omp_get_max_threads();
    return threads > LW_THREADS_MAX ? LW_THREADS_MAX : threads;
#else
    (void)asked;
    return 1;
#endif
}

#endif
