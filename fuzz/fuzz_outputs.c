/* A fuzz harness that scores its input: the header of a recording with labels, and the output file of a Challenge. */
#include <stdlib.h>
#include <sys/stat.h>

#include "harness.h"
#include "leadwise/evaluate.h"

static void score(int year, bool official) {
    const lw_evaluate_options options = {.size = sizeof options, .year = year, .official = official, .threads = 1};
    lw_evaluation evaluation = {.replicate_count = 0};
    lw_error err;
    fuzz_check(lw_evaluate_folders(fuzz_path("labels"), fuzz_path("outputs"), &options, &evaluation, &err), &err);
    lw_evaluation_free(&evaluation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool made;
    fuzz_part output = {data, size};
    const fuzz_part header = fuzz_next_part(&output);
    if (!made && (mkdir(fuzz_path("labels"), 0700) != 0 || mkdir(fuzz_path("outputs"), 0700) != 0))
        abort();
    made = true;
    fuzz_write("labels/R1.hea", header);
    fuzz_write("outputs/R1.csv", output);
    for (int year = 2020; year <= 2021; year++) {
        score(year, false);
        score(year, true);
    }
    return 0;
}
