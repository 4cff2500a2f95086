/* A fuzz harness that holds its input, a table of groups, against a data set of four records. */
#include <stdlib.h>

#include "base/safetensors.h"
#include "harness.h"
#include "leadwise/dataset.h"

enum { RECORDS = 4, SAMPLES = 200 };

/** A prepared file of four records of one lead, two of which have the same name in different folders. */
static void write_data(const char *path) {
    static const float signals[RECORDS * SAMPLES];
    static const uint8_t labels[RECORDS];
    static const uint32_t hashes[RECORDS][2] = {{1, 0}, {2, 0}, {3, 0}, {4, 0}};
    const lw_tensor_spec tensors[] = {
        {"signals", LW_DTYPE_F32, 3, {RECORDS, 1, SAMPLES}, signals},
        {"signal_hash", LW_DTYPE_U32, 2, {RECORDS, 2}, hashes},
        {"labels", LW_DTYPE_U8, 2, {RECORDS, 1}, labels},
    };
    const lw_metadata_item metadata[] = {
        {"leadwise.records", "[\"R1\",\"north/R2\",\"south/R2\",\"R3#2\"]"},
        {"leadwise.classes", "[{\"codes\":[\"164889003\"],\"abbreviation\":\"AF\"}]"},
        {"leadwise.leads", "[\"II\"]"},
        {"leadwise.preprocessing", "{\"rate_hz\":100,\"band_hz\":[0.05,35.0],\"filter\":\"butterworth-zero-phase\","
                                   "\"filter_order\":3,\"window_s\":2,\"normalise\":\"zscore\"}"},
    };
    lw_error err;
    if (lw_safetensors_write(path, tensors, sizeof tensors / sizeof *tensors, metadata,
                             sizeof metadata / sizeof *metadata, &err) != LW_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lw_dataset *dataset;
    lw_group_counts counts;
    lw_error err;
    if (!dataset) {
        write_data(fuzz_path("data"));
        if (lw_dataset_open(fuzz_path("data"), &dataset, &err) != LW_OK)
            abort();
    }
    const char *path = fuzz_write("groups.csv", (fuzz_part){data, size});
    const lw_status status = lw_dataset_count_groups(dataset, path, &counts, &err);
    fuzz_check(status, &err);
    if (status == LW_OK && counts.unknown_count > RECORDS)
        abort();
    return 0;
}
