/* A fuzz harness that parses its input as a safetensors file and reads every byte of its tensors. */
#include "base/safetensors.h"
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const lw_safetensors_limits limits = {1 << 16, 256};
    lw_safetensors *file = NULL;
    lw_error err;
    const lw_status status = lw_safetensors_parse(data, size, "fuzz", limits, &file, &err);
    fuzz_check(status, &err);
    if (status != LW_OK)
        return 0;
    /* Every byte of every tensor is read, so that a sanitizer reports one outside the input. */
    unsigned sum = 0;
    for (size_t i = 0; i < lw_safetensors_count(file); i++) {
        const lw_tensor *tensor = lw_safetensors_at(file, i);
        for (size_t k = 0; k < tensor->bytes; k++)
            sum += ((const uint8_t *)tensor->data)[k];
    }
    (void)lw_safetensors_metadata(file, "leadwise.format");
    lw_safetensors_free(&file);
    return sum == UINT32_MAX ? -1 : 0;
}
