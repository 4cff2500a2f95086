/**
 * @file record_support.h
 * Short-hand for tests that read recordings from memory.
 */
#ifndef LW_TESTS_RECORD_SUPPORT_H
#define LW_TESTS_RECORD_SUPPORT_H

#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/record.h"

/** Parse a header called x.hea (or x.csv, when `name` says so) with up to one signal file x.dat. */
static inline lw_status lwt_parse(const char *name, const char *text, const void *data, size_t length,
                                  const lw_record_options *options, lw_record **out, lw_error *err) {
    lw_record_file files[2] = {{name, text, strlen(text)}, {"x.dat", data, length}};
    *out = NULL;
    *err = (lw_error){0};
    return lw_record_parse(files, data ? 2 : 1, options, out, err);
}

/** The same, expecting success. */
static inline lw_record *lwt_record(const char *name, const char *text, const void *data, size_t length) {
    lw_record *record;
    lw_error err;
    lwt_assert_ok(lwt_parse(name, text, data, length, NULL, &record, &err), &err);
    return record;
}

/** The same, expecting `status` and a sentence that contains `part`. */
static inline void lwt_parse_fails(const char *name, const char *text, const void *data, size_t length,
                                   lw_status status, const char *part) {
    lw_record *record;
    lw_error err;
    lwt_assert_fails(lwt_parse(name, text, data, length, NULL, &record, &err), status, &err, part);
    assert_null(record);
}

/** Sample t of a lead in mV. */
static inline double lwt_sample_mv(const lw_record *record, size_t lead, size_t t) {
    double mv = 0.0;
    assert_int_equal(lw_record_copy_mv(record, lead, t, 1, &mv), 1);
    return mv;
}

/** Whether one of the record's warnings contains `part`. */
static inline bool lwt_warned(const lw_record *record, const char *part) {
    for (size_t i = 0; i < lw_record_warning_count(record); i++)
        if (strstr(lw_record_warning(record, i), part))
            return true;
    return false;
}

/** How many warnings a record has, but for that of names that are not understood: signals of tests are often called anyhow. */
static inline size_t lwt_warning_count(const lw_record *record) {
    return lw_record_warning_count(record) - lwt_warned(record, "names that are not understood as leads");
}

/** Four 16-bit frames of two signals: 1 -2, 3 -4, 5 -6, 7 -8. */
static const int16_t lwt_two_signals[8] = {1, -2, 3, -4, 5, -6, 7, -8};

#endif
