/* A fuzz harness that opens its input as a prepared file and reads all that it holds. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "leadwise/dataset.h"

/** Read every name and value, so that a sanitizer reports one outside the file. */
static void read_all(const lw_dataset *d) {
    const size_t classes = lw_class_count(lw_dataset_classes(d));
    char hex[65];
    lw_error err;
    for (size_t i = 0; i < lw_dataset_record_count(d); i++) {
        if (strlen(lw_dataset_name(d, i)) == 0 || !lw_dataset_source(d, i) || !lw_dataset_group(d, i))
            abort();
        for (size_t k = 0; k < classes; k++)
            if (lw_dataset_labels(d, i)[k] > 1)
                abort();
        (void)lw_dataset_age_years(d, i);
        (void)lw_dataset_sex(d, i);
        (void)lw_dataset_signal_hash(d, i);
    }
    fuzz_check(lw_dataset_sha256(d, hex, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_dataset *dataset = NULL;
    lw_error err;
    const lw_status status = lw_dataset_open(fuzz_write("d", (fuzz_part){data, size}), &dataset, &err);
    fuzz_check(status, &err);
    if (status == LW_OK)
        read_all(dataset);
    lw_dataset_free(&dataset);
    return 0;
}
