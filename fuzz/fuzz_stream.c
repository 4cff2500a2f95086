/* A fuzz harness that reads its input as a recording on disk, whole and in stretches, and compares all samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "leadwise/record.h"

enum { SAMPLES_MAX = 1 << 12 };

/** Whether a file that holds no lead was passed over with a warning, so that its signals are missing in stretches. */
static bool passes_over(const lw_record *header) {
    for (size_t i = 0; i < lw_record_warning_count(header); i++)
        if (strstr(lw_record_warning(header, i), "the file holds no lead"))
            return true;
    return false;
}

/** The samples of `part`, which begin at `first` of `whole`, are those of `whole`, or missing where `gaps` are allowed. */
static void compare(const lw_record *whole, const lw_record *part, size_t first, size_t count, bool gaps) {
    static double expected[SAMPLES_MAX], got[SAMPLES_MAX];
    for (size_t lead = 0; lead < lw_record_lead_count(whole); lead++) {
        const size_t there = lw_record_copy_mv(whole, lead, first, count, expected);
        if (there != count || lw_record_copy_mv(part, lead, 0, count, got) != count)
            abort();
        for (size_t t = 0; t < count; t++)
            if (memcmp(&expected[t], &got[t], sizeof got[t]) != 0 && !(isnan(got[t]) && (gaps || isnan(expected[t]))))
                abort();
    }
}

static void read_stretches(lw_record_stream *stream, const lw_record *whole, size_t stretch) {
    const size_t samples = lw_record_sample_count(whole);
    if (lw_record_sample_count(lw_record_stream_header(stream)) != samples ||
        lw_record_lead_count(lw_record_stream_header(stream)) != lw_record_lead_count(whole))
        abort();
    for (size_t first = 0; first < samples; first += stretch) {
        const size_t count = samples - first < stretch ? samples - first : stretch;
        lw_record *part = NULL;
        lw_error err;
        const lw_status status = lw_record_stream_read(stream, first, count, &part, &err);
        if (status != LW_OK) {
            fuzz_check(status, &err);
            abort();
        }
        compare(whole, part, first, count, passes_over(lw_record_stream_header(stream)));
        lw_record_free(&part);
    }
}

/** Read the header alone: what it says does not depend on whether samples are read. */
static void read_header(const char *path, const lw_record_options *options, const lw_record *whole) {
    lw_record *header = NULL;
    lw_error err;
    const lw_status status = lw_record_read_header(path, options, &header, &err);
    fuzz_check(status, &err);
    if (whole && (status != LW_OK || lw_record_code_count(header) != lw_record_code_count(whole)))
        abort();
    lw_record_free(&header);
}

/* The input is the header and the bytes of the one signal file, s.dat. Its size chooses how long a stretch is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_part signal = {data, size};
    const char *header = fuzz_write("s.hea", fuzz_next_part(&signal));
    fuzz_write("s.dat", signal);
    const lw_record_options options = {.size = sizeof options, .max_samples = SAMPLES_MAX};
    lw_record *whole = NULL;
    lw_record_stream *stream = NULL;
    lw_error err;
    const lw_status read = lw_record_read(header, &options, &whole, &err);
    fuzz_check(read, &err);
    read_header(header, &options, whole);
    const lw_status opened = lw_record_stream_open(header, &options, &stream, &err);
    fuzz_check(opened, &err);
    if (read == LW_OK && opened == LW_OK)
        read_stretches(stream, whole, lw_record_sample_count(whole) / (1 + size % 7) + 1);
    lw_record_stream_free(&stream);
    lw_record_free(&whole);
    return 0;
}
