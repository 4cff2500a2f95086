/* This file writes the canonical JSON of a network: the same bytes for the same network. */
#include <stdlib.h>

#include <jansson.h>

#include "base/json.h"
#include "base/text.h"
#include "network/network_internal.h"

static void put_string(lw_text *text, const char *string) {
    json_t *value = json_string(string);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    if (quoted)
        lw_text_puts(text, quoted);
    else
        text->failed = true;
    free(quoted);
    json_decref(value);
}

static const char *boolean_text(bool value) { return value ? "true" : "false"; }

static void put_block(lw_text *text, const lw_block *block) {
    static const char *const skips[] = {"none", "identity", "conv"};
    lw_text_printf(text,
                   "{\"filters\": %d, \"kernel\": [%d, %d], \"stride\": %d, \"skip\": \"%s\", \"norm\": %s, "
                   "\"attention\": %s, \"dropout\": ",
                   block->filters, block->kernel[0], block->kernel[1], block->stride, skips[block->skip],
                   boolean_text(block->norm), boolean_text(block->attention));
    lw_json_put_number(text, block->dropout);
    lw_text_puts(text, "}");
}

static void put_branch(lw_text *text, const lw_branch *branch) {
    lw_text_printf(text, "{\"decimate\": %d, \"blocks\": [", branch->decimate);
    for (size_t i = 0; i < branch->block_count; i++) {
        lw_text_puts(text, i ? ", " : "");
        put_block(text, &branch->block[i]);
    }
    lw_text_puts(text, "]}");
}

char *lw_network_json(const lw_network *network) {
    lw_text text = {0};
    lw_text_puts(&text, "{\"name\": ");
    put_string(&text, network->name);
    lw_text_puts(&text, ", \"leads\": [");
    for (size_t i = 0; i < network->leads.count; i++) {
        lw_text_puts(&text, i ? ", " : "");
        put_string(&text, network->leads.name[i]);
    }
    lw_text_printf(&text, "], \"samples\": %d%s, \"branches\": [", network->samples,
                   network->lead_taps_third ? ", \"lead_taps\": \"third\"" : "");
    for (size_t i = 0; i < network->branch_count; i++) {
        lw_text_puts(&text, i ? ", " : "");
        put_branch(&text, &network->branch[i]);
    }
    lw_text_printf(&text,
                   "], \"outputs\": %d, \"head\": \"%s\", \"dropout\": \"%s\", \"attention_reduction\": %d, "
                   "\"batch_norm\": {\"epsilon\": ",
                   network->outputs, network->flatten ? "flatten" : "gap",
                   network->standard_dropout ? "standard" : "spatial", network->attention_reduction);
    lw_json_put_number(&text, network->epsilon);
    lw_text_puts(&text, ", \"momentum\": ");
    lw_json_put_number(&text, network->momentum);
    lw_text_puts(&text, network->missing_leads ? "}, \"missing_leads\": true" : "}");
    for (size_t i = 0; i < network->input_count; i++)
        lw_text_printf(&text, "%s\"%s\"%s", i ? ", " : ", \"inputs\": [", lw_network_input_names[network->input[i]],
                       i + 1 == network->input_count ? "]" : "");
    lw_text_puts(&text, "}");
    if (text.failed)
        lw_text_free(&text);
    return text.data;
}
