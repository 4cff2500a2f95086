/* A fuzz harness that reads its input as the run.json of a training. */
#include <string.h>

#include "harness.h"
#include "train/run_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_run_outcome outcome;
    lw_error err;
    memset(&outcome, 0, sizeof outcome);
    fuzz_write(LW_RUN_FILE, (fuzz_part){data, size});
    fuzz_check(lw_run_file_read(fuzz_folder(), &outcome, &err), &err);
    lw_string_free(&outcome.configuration);
    return 0;
}
