/* Loading and asking a network description, and what may be changed on the way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "network/network_internal.h"

/** Most bytes of a JSON file. */
static const size_t document_bytes = 1 << 20;
/** Most floats of parameters, and of one map of one record: sizes of batches then fit everywhere. */
static const double parameters_most = 1 << 28, map_most = 1 << 26;

const char *lw_network_builtin(size_t i) { return i < lw_builtin_config_count ? lw_builtin_configs[i].name : NULL; }

void lw_network_free(lw_network **network) {
    if (!network || !*network)
        return;
    for (size_t i = 0; i < LW_BRANCHES_MAX; i++)
        free((*network)->branch[i].block);
    free(*network);
    *network = NULL;
}

lw_status lw_network_parse_text(const char *text, size_t length, const char *shown, lw_status status,
                                const lw_network_options *options, lw_network **out, lw_error *err) {
    lw_network *network = lw_calloc(1, sizeof *network);
    if (!network)
        return lw_fail_no_memory(err, "a network");
    lw_status result = lw_network_read_json(text, length, shown, status, network, err);
    if (result == LW_OK && options)
        result = lw_network_apply_options(network, options, shown, err);
    if (result == LW_OK)
        result = lw_network_check(network, shown, status, err);
    if (result == LW_OK)
        *out = network;
    else
        lw_network_free(&network);
    return result;
}

lw_status lw_network_parse(const char *json, const lw_network_options *options, lw_network **out, lw_error *err) {
    return lw_network_parse_text(json, strlen(json), "network", LW_ERR_ARGUMENT, options, out, err);
}

lw_status lw_network_load(const char *name, const lw_network_options *options, lw_network **out, lw_error *err) {
    for (size_t i = 0; i < lw_builtin_config_count; i++)
        if (strcmp(lw_builtin_configs[i].name, name) == 0)
            return lw_network_parse_text(lw_builtin_configs[i].json, strlen(lw_builtin_configs[i].json), name,
                                         LW_ERR_ARGUMENT, options, out, err);
    lw_bytes bytes = {0};
    lw_status status = lw_bytes_read(name, document_bytes, &bytes, err);
    if (status == LW_OK)
        status =
            lw_network_parse_text((const char *)bytes.data, bytes.length, name, LW_ERR_ARGUMENT, options, out, err);
    lw_bytes_free(&bytes);
    return status;
}

/* ---- Options */

/**
 * Taps along leads of a branch's last three blocks for a number of leads, where the JSON says "lead_taps": "third": with
 * four leads or more, one and a third of the other leads, rounded up; below, two in as many of the last blocks as there
 * are other leads, one before. The rule gives the paper's [5,5,5], [3,3,3], [2,2,2], [1,2,2] and [1,1,2] for 12, 6, 4, 3
 * and 2 leads.
 */
static int lead_taps(int leads, int block_of_three) {
    if (leads >= 4)
        return 1 + (leads - 1 + 2) / 3;
    return block_of_three >= 3 - (leads - 1) ? 2 : 1;
}

static void set_leads(lw_network *network, const lw_lead_set *leads) {
    const bool recompute = network->lead_taps_third && leads->count != network->leads.count;
    network->leads = *leads;
    for (size_t i = 0; recompute && i < network->branch_count; i++) {
        lw_branch *branch = &network->branch[i];
        size_t last = branch->block_count < 3 ? branch->block_count : 3;
        for (size_t k = 0; k < last; k++)
            branch->block[branch->block_count - last + k].kernel[0] = lead_taps((int)leads->count, (int)(3 - last + k));
    }
}

/** Filters as published are multiples of this. */
enum { PUBLISHED_WIDTH = 64 };

static lw_status set_width(lw_network *network, size_t width, const char *shown, lw_error *err) {
    for (size_t i = 0; i < network->branch_count; i++)
        for (size_t k = 0; k < network->branch[i].block_count; k++) {
            lw_block *block = &network->branch[i].block[k];
            size_t scaled = width <= LW_FILTERS_MAX ? (size_t)block->filters * width : 0;
            if (scaled == 0 || scaled % PUBLISHED_WIDTH != 0 || scaled / PUBLISHED_WIDTH > LW_FILTERS_MAX)
                return lw_fail(err, LW_ERR_ARGUMENT,
                               "%s: width %zu would make %d filters of branches[%zu].blocks[%zu] %g, expected a whole "
                               "number from 1 to %d",
                               shown, width, block->filters, i, k,
                               (double)block->filters * (double)width / PUBLISHED_WIDTH, LW_FILTERS_MAX);
            block->filters = (int)(scaled / PUBLISHED_WIDTH);
        }
    return LW_OK;
}

static void set_dropout(lw_network *network, double rate) {
    for (size_t i = 0; i < network->branch_count; i++)
        for (size_t k = 0; k < network->branch[i].block_count; k++)
            if (network->branch[i].block[k].dropout > 0.0)
                network->branch[i].block[k].dropout = rate;
}

const char *const lw_network_input_names[] = {[LW_INPUT_AGE] = "age", [LW_INPUT_SEX] = "sex"};

/** The names of `text`, joined by commas. */
static lw_status set_inputs(lw_network *network, const char *text, const char *shown, lw_error *err) {
    lw_span rest = {text, strlen(text)}, name;
    network->input_count = 0;
    while (lw_span_field(&rest, ',', &name)) {
        size_t k = 0;
        while (k < LW_INPUT_COUNT && !lw_span_equals(name, lw_network_input_names[k]))
            k++;
        if (k == LW_INPUT_COUNT || (network->input_count > 0 && network->input[0] == (lw_network_input)k))
            return lw_fail(err, LW_ERR_ARGUMENT, "%s: input '%.*s', expected age and sex, each once", shown,
                           (int)(name.length < 40 ? name.length : 40), name.at);
        network->input[network->input_count++] = (lw_network_input)k;
    }
    return LW_OK;
}

lw_status lw_network_apply_options(lw_network *network, const lw_network_options *given, const char *shown,
                                   lw_error *err) {
    lw_network_options own;
    const lw_network_options *options = &own;
    lw_status status = lw_options_take(&own, sizeof own, given, "lw_network_options", err);
    if (status != LW_OK)
        return status;
    if (options->leads && (options->leads->count < 1 || options->leads->count > LW_LEADS_MAX))
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: %zu leads, expected 1 to %d", shown, options->leads->count,
                       LW_LEADS_MAX);
    if (options->output_count > LW_OUTPUTS_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: %zu outputs, expected 1 to %d", shown, options->output_count,
                       LW_OUTPUTS_MAX);
    if (options->set_dropout && !(options->dropout < 1.0))
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: dropout rate %g, expected less than 1", shown, options->dropout);
    if (options->leads)
        set_leads(network, options->leads);
    network->lead_taps_third = false; /* the kernels are stated from here on */
    if (options->output_count)
        network->outputs = (int)options->output_count;
    network->missing_leads = network->missing_leads || options->missing_leads;
    if (options->set_dropout && options->dropout >= 0.0)
        set_dropout(network, options->dropout);
    status = options->inputs ? set_inputs(network, options->inputs, shown, err) : LW_OK;
    return status == LW_OK && options->width ? set_width(network, options->width, shown, err) : status;
}

/* ---- Sizes */

static int ceil_div(int a, int b) { return (a + b - 1) / b; }

int lw_branch_samples(const lw_network *network, const lw_branch *branch) {
    return ceil_div(network->samples, branch->decimate);
}

int lw_block_channels_in(const lw_branch *branch, size_t block) { return block ? branch->block[block - 1].filters : 1; }

int lw_attention_channels(const lw_network *network, const lw_block *block) {
    int squeezed = block->filters / network->attention_reduction;
    return squeezed > 0 ? squeezed : 1;
}

static int samples_after(const lw_network *network, const lw_branch *branch) {
    int t = lw_branch_samples(network, branch);
    for (size_t k = 0; k < branch->block_count; k++)
        t = ceil_div(t, branch->block[k].stride);
    return t;
}

size_t lw_head_features(const lw_network *network) {
    size_t features = network->input_count;
    for (size_t i = 0; i < network->branch_count; i++) {
        const lw_branch *branch = &network->branch[i];
        size_t positions = network->flatten ? network->leads.count * (size_t)samples_after(network, branch) : 1;
        features += (size_t)branch->block[branch->block_count - 1].filters * positions;
    }
    return features;
}

/** Weights and work of a network, in double so that nothing overflows. */
typedef struct cost {
    double parameters, macs;
} cost;

static cost block_cost(const lw_network *network, const lw_block *block, double c_in, double t_out) {
    const double c = block->filters, r = lw_attention_channels(network, block);
    const double positions = (double)network->leads.count * t_out;
    const double taps = (double)block->kernel[0] * (double)block->kernel[1];
    cost sum = {c * c_in * taps + (block->norm ? 2.0 * c : c), positions * c * c_in * taps};
    if (block->attention) {
        sum.parameters += 2.0 * c * r + c + r;
        sum.macs += 2.0 * c * r;
    }
    if (block->skip == LW_SKIP_CONV) {
        sum.parameters += c * c_in + c;
        sum.macs += positions * c * c_in;
    }
    return sum;
}

static cost network_cost(const lw_network *network) {
    const double head = (double)network->outputs * (double)lw_head_features(network);
    cost sum = {head + (double)network->outputs, head};
    for (size_t i = 0; i < network->branch_count; i++) {
        const lw_branch *branch = &network->branch[i];
        int t = lw_branch_samples(network, branch);
        for (size_t k = 0; k < branch->block_count; k++) {
            t = ceil_div(t, branch->block[k].stride);
            cost block = block_cost(network, &branch->block[k], lw_block_channels_in(branch, k), t);
            sum.parameters += block.parameters;
            sum.macs += block.macs;
        }
    }
    return sum;
}

static lw_status check_block(const lw_network *network, size_t i, size_t k, int t_in, const char *shown,
                             lw_status status, lw_error *err) {
    const lw_block *block = &network->branch[i].block[k];
    int c_in = lw_block_channels_in(&network->branch[i], k);
    if (block->skip == LW_SKIP_IDENTITY && (block->filters != c_in || block->stride != 1))
        return lw_fail(err, status,
                       "%s: branches[%zu].blocks[%zu].skip: \"identity\" expects stride 1 and as many filters as "
                       "channels come in (%d), found stride %d and %d filters",
                       shown, i, k, c_in, block->stride, block->filters);
    if ((double)network->leads.count * (double)t_in * (double)block->filters > map_most)
        return lw_fail(err, status,
                       "%s: branches[%zu].blocks[%zu]: %zu leads x %d samples x %d filters, expected at most %g", shown,
                       i, k, network->leads.count, t_in, block->filters, map_most);
    return LW_OK;
}

lw_status lw_network_check(const lw_network *network, const char *shown, lw_status status, lw_error *err) {
    for (size_t i = 0; i < network->branch_count; i++) {
        int t = lw_branch_samples(network, &network->branch[i]);
        for (size_t k = 0; k < network->branch[i].block_count; k++) {
            lw_status result = check_block(network, i, k, t, shown, status, err);
            if (result != LW_OK)
                return result;
            t = ceil_div(t, network->branch[i].block[k].stride);
        }
    }
    double parameters = network_cost(network).parameters;
    if (parameters > parameters_most)
        return lw_fail(err, status, "%s: %.3g parameters, expected at most %.3g", shown, parameters, parameters_most);
    return LW_OK;
}

/* ---- Questions */

const char *lw_network_name(const lw_network *network) { return network->name; }

const lw_lead_set *lw_network_leads(const lw_network *network) { return &network->leads; }

bool lw_network_missing_leads(const lw_network *network) { return network->missing_leads; }

size_t lw_network_input_count(const lw_network *network) { return network->input_count; }

static float encoded_age(double years) { return isnan(years) ? 0.0f : (float)((fmin(years, 100.0) - 60.0) / 20.0); }

static float encoded_sex(lw_sex sex) { return sex == LW_SEX_FEMALE ? -1.0f : sex == LW_SEX_MALE ? 1.0f : 0.0f; }

void lw_network_encode(const lw_network *network, const lw_person *person, float *inputs) {
    for (size_t i = 0; i < network->input_count; i++)
        inputs[i] = !person                             ? 0.0f
                    : network->input[i] == LW_INPUT_AGE ? encoded_age(person->age_years)
                                                        : encoded_sex(person->sex);
}

size_t lw_network_sample_count(const lw_network *network) { return (size_t)network->samples; }

size_t lw_network_output_count(const lw_network *network) { return (size_t)network->outputs; }

size_t lw_network_parameter_count(const lw_network *network) { return (size_t)network_cost(network).parameters; }

double lw_network_macs(const lw_network *network) { return network_cost(network).macs; }
