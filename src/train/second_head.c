/* This file adds the second dense head of training, which the model leaves out. */
#include "train/second_head.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "leadwise/record.h"

void lw_second_head_free(lw_second_head *head) {
    lw_network_free(&head->network);
    lw_parameter_table_free(&head->kept);
    free(head->values);
    free(head->logits);
    free(head->dlogits);
    *head = (lw_second_head){0};
}

lw_status lw_second_head_create(const lw_network *network, size_t max_records, lw_second_head *out, lw_error *err) {
    const size_t classes = lw_network_output_count(network);
    const lw_network_options options = {.size = sizeof options, .output_count = 2 * classes};
    char *json = lw_network_json(network);
    *out = (lw_second_head){.classes = classes};
    lw_status status =
        json ? lw_network_parse(json, &options, &out->network, err) : lw_fail_no_memory(err, "a second head");
    lw_string_free(&json);
    if (status == LW_OK)
        status = lw_parameter_table_create(network, &out->kept, err);
    if (status == LW_OK) {
        out->values = lw_calloc(out->kept->total, sizeof *out->values);
        out->logits = lw_calloc(max_records, 2 * classes * sizeof *out->logits);
        out->dlogits = lw_calloc(max_records, 2 * classes * sizeof *out->dlogits);
        if (!out->values || !out->logits || !out->dlogits)
            status = lw_fail_no_memory(err, "a second head");
    }
    if (status != LW_OK)
        lw_second_head_free(out);
    return status;
}

void lw_second_head_split(lw_second_head *head, size_t n, const float *both) {
    const size_t classes = head->classes;
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < 2; h++)
            memcpy(head->logits + (h * n + i) * classes, both + (2 * i + h) * classes, classes * sizeof *both);
}

void lw_second_head_join(const lw_second_head *head, size_t n, float *both) {
    const size_t classes = head->classes;
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < 2; h++)
            memcpy(both + (2 * i + h) * classes, head->dlogits + (h * n + i) * classes, classes * sizeof *both);
}

const float *lw_second_head_drop(lw_second_head *head, const lw_parameter_table *trained, const float *values) {
    /* The first head's weights and biases are the first rows of the trained ones; all else is equal. */
    for (size_t i = 0; i < head->kept->count; i++) {
        const lw_parameter *kept = &head->kept->item[i];
        memcpy(head->values + kept->offset, values + trained->item[i].offset, kept->elements * sizeof *values);
    }
    return head->values;
}
