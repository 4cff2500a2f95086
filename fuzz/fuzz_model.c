/* A fuzz harness that parses its input as a model file. */
#include "harness.h"
#include "leadwise/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_model *model = NULL;
    lw_error err;
    fuzz_check(lw_model_parse(data, size, "fuzz", &model, &err), &err);
    lw_model_free(&model);
    return 0;
}
