/* A fuzz harness that parses its input as a CSV recording, with and without a rate that the caller gives. */
#include "harness.h"
#include "leadwise/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const lw_record_file file = {"s.csv", data, size};
    lw_record_options options = {.size = sizeof options, .max_samples = 1 << 12};
    lw_record *record = NULL;
    lw_error err;
    for (int i = 0; i < 2; i++) {
        fuzz_check(lw_record_parse(&file, 1, &options, &record, &err), &err);
        lw_record_free(&record);
        options.rate_hz = 500;
        options.unit = "uV";
    }
    return 0;
}
