/**
 * @file support.h
 * Files and comparisons that all tests share. Include it first: cmocka requires the standard headers
 * before its own.
 */
#ifndef LW_TESTS_SUPPORT_H
#define LW_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "leadwise/leadwise.h"

/**
 * Path of `relative` below the folder of real recordings, which is LEADWISE_SHARED, else "shared" beside the checkout.
 * Where it is not there, the test is skipped, and tools/run_tests.sh counts it among those that need recordings.
 * References that are not recordings of patients lie in tests/data. The path is valid for the next sixteen calls.
 */
const char *lwt_shared(const char *relative);

/** An empty folder of this process, removed at exit. */
const char *lwt_temp_dir(void);
/** `name` below lwt_temp_dir(). The path is valid for the next sixteen calls. */
const char *lwt_temp_path(const char *name);

/** A file of the source tree: "configs/metaheart2020.json". The path is valid for the next sixteen calls. */
const char *lwt_source_path(const char *relative);

/** Write bytes to `path`; fails the test when that cannot be done. */
void lwt_write_file(const char *path, const void *data, size_t length);
/** A whole file, NUL-terminated; `length` may be NULL. Fails the test when it cannot be read. free() it. */
char *lwt_read_file(const char *path, size_t *length);

/** |got - expected| <= absolute + relative * |expected|, NaN equals NaN. */
#define lwt_assert_close(got, expected, absolute, relative)                                                            \
    lwt_check_close((got), (expected), (absolute), (relative), #got, __FILE__, __LINE__)
void lwt_check_close(double got, double expected, double absolute, double relative, const char *what, const char *file,
                     int line);

/** Largest |got - expected| over `count` elements. */
double lwt_max_error(const float *got, const double *expected, size_t count);

/** The call succeeded; otherwise fails with its sentence. */
#define lwt_assert_ok(status, err) lwt_check_status((status), LW_OK, (err), NULL, __FILE__, __LINE__)
/** The call failed with `expected`, and its one-line sentence contains `part` (NULL: anything). */
#define lwt_assert_fails(status, expected, err, part)                                                                  \
    lwt_check_status((status), (expected), (err), (part), __FILE__, __LINE__)
void lwt_check_status(lw_status got, lw_status expected, const lw_error *err, const char *part, const char *file,
                      int line);

/** Deterministic values in [-1, 1) from `seed`, independent of the library's generator. */
void lwt_fill(float *values, size_t count, uint32_t seed);

#endif
