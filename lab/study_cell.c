#include "lab/study_cell.h"

#include <string.h>

#include "base/error.h"
#include "dataset/batch.h"
#include "train/options_table.h"

lw_study_options lw_study_options_default(void) {
    return (lw_study_options){.crossval = lw_crossval_options_default(), .jobs = 1};
}

static bool has_cell(const lw_paper_table *table, const char *wanted) {
    char name[LW_STUDY_NAME];
    for (size_t cell = 0; cell < table->rows * table->columns; cell++) {
        lw_study_cell_name(table, cell, name);
        if (strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}

lw_status lw_study_options_check(const lw_paper_table *table, const lw_study_options *options, lw_error *err) {
    const lw_status status = lw_train_options_check(options->crossval.train, err);
    if (status != LW_OK)
        return status;
    if (options->crossval.train->year != table->year)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s is about the classes and metric of %d, not of %d", table->name,
                       table->year, options->crossval.train->year);
    if (options->jobs < 1)
        return lw_fail(err, LW_ERR_ARGUMENT, "no job, expected 1 or more");
    for (size_t i = 0; i < options->only_count; i++)
        if (!has_cell(table, options->only[i]))
            return lw_fail(err, LW_ERR_ARGUMENT, "%s has no cell %s", table->name, options->only[i]);
    return LW_OK;
}

bool lw_study_wants(const lw_paper_table *table, const lw_study_options *options, size_t cell) {
    char name[LW_STUDY_NAME];
    bool wanted = options->only_count == 0;
    lw_study_cell_name(table, cell, name);
    for (size_t i = 0; i < options->only_count; i++)
        wanted |= strcmp(options->only[i], name) == 0;
    return wanted;
}

/** Leads and classes that the network needs are in the data. */
static lw_status check_fit(const lw_network *network, const lw_dataset *dataset, const char *cell, lw_error *err) {
    size_t rows[LW_LEADS_MAX];
    lw_error why;
    if (lw_lead_rows(dataset, lw_network_leads(network), lw_network_missing_leads(network), rows, &why) != LW_OK)
        return lw_fail(err, LW_ERR_MISMATCH, "cell %s: %s", cell, why.message);
    if (lw_network_samples(network) != lw_dataset_sample_count(dataset))
        return lw_fail(err, LW_ERR_MISMATCH, "cell %s: the data have %zu samples a lead, the network expects %zu", cell,
                       lw_dataset_sample_count(dataset), lw_network_samples(network));
    return LW_OK;
}

lw_status lw_study_network(const lw_paper_table *table, const lw_dataset *dataset, const lw_study_options *options,
                           size_t cell, lw_network **out, lw_error *err) {
    lw_network *network = NULL;
    lw_lead_set leads;
    lw_network_options how = options->network;
    char name[LW_STUDY_NAME];
    how.leads = &leads;
    how.outputs = lw_class_count(lw_dataset_classes(dataset));
    lw_study_cell_name(table, cell, name);
    lw_status status = lw_lead_set_parse(table->leads[cell % table->columns], &leads, err);
    if (status == LW_OK)
        status = lw_network_load(table->row[cell / table->columns].network, &how, &network, err);
    if (status == LW_OK)
        status = check_fit(network, dataset, name, err);
    if (status == LW_OK)
        *out = network;
    else
        lw_network_free(&network);
    return status;
}
