/* A fuzz harness that parses its input as a model file. */
#include <stdint.h>

#include "leadwise/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lw_model *model = NULL;
    lw_error err;
    if (lw_model_parse(data, size, "fuzz", &model, &err) == LW_OK)
        lw_model_free(&model);
    return 0;
}
