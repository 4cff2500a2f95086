/* A fuzz harness that reads its input as a table of rewards of both years. */
#include <math.h>
#include <stdlib.h>

#include "evaluate/scoring.h"
#include "harness.h"

static void read_rewards(int year, const char *path) {
    lw_scoring scoring = {.year = 0};
    lw_error err;
    const lw_status status = lw_scoring_create(year, path, &scoring, &err);
    fuzz_check(status, &err);
    const size_t classes = status == LW_OK ? lw_class_count(scoring.classes) : 0;
    for (size_t i = 0; i < classes * classes; i++)
        if (!isfinite(scoring.rewards[i]))
            abort();
    lw_scoring_free(&scoring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_write("weights.csv", (fuzz_part){data, size});
    read_rewards(2020, path);
    read_rewards(2021, path);
    return 0;
}
