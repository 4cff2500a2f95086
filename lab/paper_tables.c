/* This file holds the tables of the two papers as they were published.
 *
 * Sources: MetaHeart, Computing in Cardiology 2020, table 2; its successor (AIRCAS_MEL1), Computing in Cardiology 2021,
 * tables 1 to 4. */
#include <stdio.h>
#include <string.h>

#include "lab/study.h"

/* Of both years' Challenges: https://physionet.org/content/challenge-2020 and challenge-2021. */
#define RECORDS_2020 "5 folds of the 43,101 public records"
#define RECORDS_2021 "5 folds of the 88,243 public records"

#define TABLE_2021(number)                                                                                             \
    .source = "AIRCAS_MEL1, Computing in Cardiology 2021, table " number ": " RECORDS_2021, .year = 2021,              \
    .column_count = 5, .leads = {"12", "6", "4", "3", "2"}

/* Rows that several tables of 2021 have. Tables 2 and 3 were run without attention: what they call (3, 9, 27) and the
 * baseline is table 4's baseline. */
#define ATTENTION(title_)                                                                                              \
    {                                                                                                                  \
        "ms-attention", title_, "multiscale2021", { 0.719, 0.687, 0.698, 0.695, 0.678 }                                \
    }
#define NO_ATTENTION(title_)                                                                                           \
    {                                                                                                                  \
        "ms-noattention", title_, "multiscale2021-noattention", { 0.700, 0.663, 0.672, 0.672, 0.653 }                  \
    }

static const lw_paper_row strategies_2020[] = {
    {"mh-noattention", "Spatial dropout + GAP", "metaheart2020-noattention", {0.569}},
    {"mh-standard-dropout", "Standard dropout + attention + GAP", "metaheart2020-standard-dropout", {0.607}},
    {"mh-fc", "Spatial dropout + attention + FC", "metaheart2020-fc", {0.571}},
    {"mh-attention", "Spatial dropout + attention + GAP (proposed)", "metaheart2020", {0.621}},
};
static const lw_paper_row lead_sets_2021[] = {ATTENTION("Proposed")};
static const lw_paper_row kernels_2021[] = {
    {"ms-kernels-3-3-3", "Fixed size (3, 3, 3)", "multiscale2021-kernels-3-3-3", {0.666, 0.634, 0.640, 0.629, 0.614}},
    {"ms-kernels-3-6-12",
     "Variable sizes (3, 6, 12)",
     "multiscale2021-kernels-3-6-12",
     {0.690, 0.653, 0.660, 0.656, 0.641}},
    NO_ATTENTION("Variable sizes (3, 9, 27)"),
};
static const lw_paper_row branches_2021[] = {
    {"ms-branch1", "First branch", "multiscale2021-branch1", {0.657, 0.635, 0.633, 0.632, 0.615}},
    {"ms-branch2", "Second branch", "multiscale2021-branch2", {0.664, 0.637, 0.636, 0.631, 0.621}},
    {"ms-branch3", "Third branch", "multiscale2021-branch3", {0.643, 0.617, 0.616, 0.615, 0.598}},
    NO_ATTENTION("Baseline"),
};
static const lw_paper_row attention_2021[] = {NO_ATTENTION("Baseline"), ATTENTION("Baseline + attention (proposed)")};

static const double hidden_2021[] = {0.63, 0.57, 0.58, 0.57, 0.56};

#define ROWS(array) .row_count = sizeof(array) / sizeof(array)[0], .row = array

static const lw_paper_table tables[] = {
    {.name = "metaheart2020-table2",
     .title = "Attention, dropout and pooling",
     .source = "MetaHeart, Computing in Cardiology 2020, table 2: " RECORDS_2020,
     .year = 2020,
     .column_count = 1,
     .leads = {"12"},
     ROWS(strategies_2020)},
    {.name = "multiscale2021-table1",
     .title = "Five lead sets",
     TABLE_2021("1"),
     ROWS(lead_sets_2021),
     .hidden = hidden_2021},
    {.name = "multiscale2021-table2", .title = "Kernel sizes, without attention", TABLE_2021("2"), ROWS(kernels_2021)},
    {.name = "multiscale2021-table3",
     .title = "Branches alone, without attention",
     TABLE_2021("3"),
     ROWS(branches_2021)},
    {.name = "multiscale2021-table4", .title = "Without and with attention", TABLE_2021("4"), ROWS(attention_2021)},
};

enum { TABLES = sizeof tables / sizeof tables[0] };

const lw_paper_table *lw_paper_table_at(size_t i) { return i < TABLES ? &tables[i] : NULL; }

const lw_paper_table *lw_paper_table_find(const char *name) {
    for (size_t i = 0; i < TABLES; i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

void lw_study_cell_name(const lw_paper_table *table, size_t cell, char name[LW_STUDY_NAME]) {
    snprintf(name, LW_STUDY_NAME, "%s-%s", table->row[cell / table->column_count].name,
             table->leads[cell % table->column_count]);
}
