/* This file holds the files, folders and comparisons that all tests share. */
#define _GNU_SOURCE /* nftw */

#include "support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef LWT_SOURCE_DIR
#define LWT_SOURCE_DIR "."
#endif

enum { PATHS_KEPT = 16, PATH_BYTES = 1024 };

static char kept_paths[PATHS_KEPT][PATH_BYTES];
static char temp_dir[PATH_BYTES];

static const char *keep_path(const char *folder, const char *name) {
    static unsigned next;
    char *path = kept_paths[next++ % PATHS_KEPT];
    int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_BYTES);
    return path;
}

const char *lwt_source_path(const char *relative) { return keep_path(LWT_SOURCE_DIR, relative); }

const char *lwt_shared(const char *relative) {
    const char *root = getenv("LEADWISE_SHARED");
    const char *path = keep_path(root && *root != '\0' ? root : LWT_SOURCE_DIR "/../shared", relative);
    if (access(path, R_OK) != 0) {
        print_message("needs %s: %s\n",
                      strncmp(relative, "reference/", 10) == 0 ? "the full references" : "real recordings", path);
        skip();
    }
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *position) {
    (void)info, (void)kind, (void)position;
    return remove(path);
}

static void remove_temp_dir(void) { nftw(temp_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

const char *lwt_temp_dir(void) {
    if (temp_dir[0] != '\0')
        return temp_dir;
    const char *root = getenv("TMPDIR");
    char pattern[PATH_BYTES];
    int length = snprintf(pattern, sizeof pattern, "%s/leadwise-test-XXXXXX", root && *root ? root : "/tmp");
    assert_true(length > 0 && length < PATH_BYTES);
    assert_non_null(mkdtemp(pattern));
    memcpy(temp_dir, pattern, (size_t)length + 1);
    atexit(remove_temp_dir);
    return temp_dir;
}

const char *lwt_temp_path(const char *name) { return keep_path(lwt_temp_dir(), name); }

void lwt_write_file(const char *path, const void *data, size_t length) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(data, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

char *lwt_read_file(const char *path, size_t *length) {
    FILE *stream = fopen(path, "rb");
    if (!stream)
        fail_msg("cannot open %s", path);
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    long size = ftell(stream);
    assert_true(size >= 0);
    rewind(stream);
    char *data = malloc((size_t)size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, stream), size);
    data[size] = '\0';
    fclose(stream);
    if (length)
        *length = (size_t)size;
    return data;
}

void lwt_check_close(double got, double expected, double absolute, double relative, const char *what, const char *file,
                     int line) {
    if (isnan(got) && isnan(expected))
        return;
    if (fabs(got - expected) <= absolute + relative * fabs(expected) || got == expected)
        return;
    print_error("%s is %.17g, expected %.17g (difference %.3g)\n", what, got, expected, got - expected);
    _fail(file, line);
}

double lwt_max_error(const float *got, const double *expected, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)got[i] - expected[i]);
        /* Not fmax: a NaN must not be passed over. */
        if (!(error <= largest))
            largest = error;
    }
    return largest;
}

void lwt_check_status(lw_status got, lw_status expected, const lw_error *err, const char *part, const char *file,
                      int line) {
    const char *sentence = got != LW_OK && err ? err->message : "";
    if (got != expected) {
        print_error("status is %s (%s), expected %s\n", lw_status_name(got), sentence, lw_status_name(expected));
        _fail(file, line);
    }
    if (got == LW_OK || !err)
        return;
    if (err->status != got || *sentence == '\0' || strchr(sentence, '\n')) {
        print_error("error is not one sentence of its status: %s '%s'\n", lw_status_name(err->status), sentence);
        _fail(file, line);
    }
    if (part && !strstr(sentence, part)) {
        print_error("'%s' does not contain '%s'\n", sentence, part);
        _fail(file, line);
    }
}

void lwt_fill(float *values, size_t count, uint32_t seed) {
    /* xorshift32 (Marsaglia 2003); the state must not be zero. */
    uint32_t state = seed * 2654435761u + 1u;
    for (size_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        values[i] = (float)(state >> 8) * 0x1p-23f - 1.0f;
        if (state == 0)
            state = 1;
    }
}
