/*
 * This program prints what the quality score of recordings is made of, for tools/fit_quality.py: a line for each header
 * that it is given, with the share of usable leads, the features of lw_quality_features, the score, and the header's path.
 */
#include <stdio.h>
#include <stdlib.h>

#include "signal/quality_internal.h"

static lw_status print_features(lw_quality_meter *meter, const char *path, lw_error *err) {
    const lw_record_options how = {.size = sizeof how};
    double feature[LW_SCORE_FEATURES];
    lw_quality quality;
    lw_record *record = NULL;
    const lw_status status = lw_record_read(path, &how, &record, err);
    if (status != LW_OK)
        return status;
    lw_quality_measure(meter, record, 0, lw_record_sample_count(record), &quality);
    printf("%.9g", lw_quality_features(meter, feature));
    for (size_t i = 0; i < LW_SCORE_FEATURES; i++)
        printf(" %.9g", feature[i]);
    printf(" %.9g %s\n", quality.score, path);
    lw_record_free(&record);
    return LW_OK;
}

int main(int argc, char **argv) {
    const double window_s = 10;
    lw_quality_meter *meter = NULL;
    lw_lead_set leads;
    lw_error err;
    lw_status status = lw_lead_set_parse("12", &leads, &err);
    if (status == LW_OK)
        status = lw_quality_meter_create(&leads, window_s, &meter, &err);
    for (int i = 1; i < argc && status == LW_OK; i++)
        status = print_features(meter, argv[i], &err);
    if (status != LW_OK)
        fprintf(stderr, "quality_features: %s\n", err.message);
    lw_quality_meter_free(&meter);
    return status == LW_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
