/* A fuzz harness that parses its input as the JSON of a network, and parses what it writes of that again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "leadwise/model.h"
#include "leadwise/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *json = malloc(size + 1);
    if (!json)
        return 0;
    memcpy(json, data, size);
    json[size] = '\0';
    const lw_network_options options = {.size = sizeof options, .width = 16};
    lw_network *network = NULL, *again = NULL;
    lw_error err;
    if (lw_network_parse(json, &options, &network, &err) == LW_OK) {
        /* A network that was parsed is parsed again from its canonical JSON. */
        char *canonical = lw_network_json(network);
        if (canonical && lw_network_parse(canonical, NULL, &again, &err) == LW_ERR_ARGUMENT)
            abort();
        lw_string_free(&canonical);
        lw_network_free(&again);
    }
    lw_network_free(&network);
    free(json);
    return 0;
}
