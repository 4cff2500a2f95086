/* A fuzz harness that reads its input as a recording of every format and prepares what it holds for a network. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "leadwise/signal.h"
#include "record/reader.h"

/** A preparer of the twelve leads, made once, that takes recordings with any of them. */
static lw_preparer *twelve_leads(void) {
    static lw_preparer *preparer;
    lw_lead_set leads;
    lw_error err;
    const lw_preprocessing preprocessing = lw_preprocessing_default();
    if (!preparer && (lw_lead_set_parse("12", &leads, &err) != LW_OK ||
                      lw_preparer_create(&leads, &preprocessing, true, &preparer, &err) != LW_OK))
        abort();
    return preparer;
}

static void prepare(const lw_record *record) {
    enum { VALUES = 12 * 1000 };
    static float signals[VALUES];
    lw_error err;
    const lw_status status = lw_prepare_record(twelve_leads(), record, 0, signals, NULL, &err);
    fuzz_check(status, &err);
    for (int i = 0; status == LW_OK && i < VALUES; i++)
        if (!isfinite(signals[i]))
            abort();
}

/* The input is the first file, and the bytes of the one signal file, which a header names s.dat, s.mat or s.flac. Every format
 * reads it, under each of its suffixes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_part signal = {data, size};
    const fuzz_part first = fuzz_next_part(&signal);
    lw_record_file files[] = {
        {NULL, first.data, first.length},
        {"s.dat", signal.data, signal.length},
        {"s.mat", signal.data, signal.length},
        {"s.flac", signal.data, signal.length},
    };
    const lw_record_options options = {.size = sizeof options, .max_samples = 1 << 14, .rate_hz = 500};
    for (size_t i = 0; lw_reader_suffix(i); i++) {
        char name[16];
        lw_record *record = NULL;
        lw_error err;
        snprintf(name, sizeof name, "s%s", lw_reader_suffix(i));
        files[0].name = name;
        const lw_status status = lw_record_parse(files, sizeof files / sizeof files[0], &options, &record, &err);
        fuzz_check(status, &err);
        if (status == LW_OK)
            prepare(record);
        lw_record_free(&record);
    }
    return 0;
}
