/* A fuzz harness that parses its input as the JSON of a network, from memory and from a file, and what it writes of that. */
#include <stdlib.h>

#include "harness.h"
#include "leadwise/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *json = fuzz_text((fuzz_part){data, size});
    const lw_network_options options = {.size = sizeof options, .width = 16};
    lw_network *network = NULL, *again = NULL;
    lw_error err;
    const lw_status status = lw_network_parse(json, &options, &network, &err);
    fuzz_check(status, &err);
    if (status == LW_OK) {
        char *canonical = lw_network_json(network);
        if (canonical && lw_network_parse(canonical, NULL, &again, &err) == LW_ERR_ARGUMENT)
            abort();
        lw_string_free(&canonical);
        lw_network_free(&again);
    }
    lw_network_free(&network);
    fuzz_check(lw_network_load(fuzz_write("network.json", (fuzz_part){data, size}), NULL, &network, &err), &err);
    lw_network_free(&network);
    free(json);
    return 0;
}
