/* A fuzz harness that parses its input as the header of a WFDB recording whose signal files are not there. */
#include "harness.h"
#include "leadwise/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_part rest = {data, size};
    const fuzz_part header = fuzz_next_part(&rest);
    const lw_record_file file = {"s.hea", header.data, header.length};
    const lw_record_options options = {.size = sizeof options, .max_samples = 1 << 10};
    lw_record *record = NULL;
    lw_error err;
    fuzz_check(lw_record_parse(&file, 1, &options, &record, &err), &err);
    lw_record_free(&record);
    return 0;
}
