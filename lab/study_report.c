/* From the folders of a table's cells to its report. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/crossval_results.h"
#include "lab/study.h"
#include "lab/study_table.h"
#include "train/run_folder.h"

/** What is written, and the memory behind it. */
typedef struct gathered {
    lw_study_table table;
    lw_study_cell *cells;
    const char *row_titles[LW_PAPER_ROWS];
    char column_titles[LW_PAPER_COLUMNS][32];
    const char *columns[LW_PAPER_COLUMNS];
} gathered;

/** Whether `folder` has a file `name`. */
static bool has_file(const char *folder, const char *name) {
    char *path = lw_path_join(folder, name);
    const bool there = path != NULL && access(path, F_OK) == 0;
    free(path);
    return there;
}

/** How the first fold, and so every one, was trained. */
static lw_status read_training(const char *folder, lw_study_cell *cell, lw_error *err) {
    lw_run_outcome run = {0};
    char *first = lw_path_join(folder, "fold0");
    lw_status status = first == NULL ? lw_fail_no_memory(err, "a path") : LW_OK;
    if (status == LW_OK && has_file(first, LW_RUN_FILE))
        status = lw_run_file_read(first, &run, err);
    cell->epochs = run.epochs_asked;
    cell->batch = run.batch;
    cell->filters = run.filters;
    lw_string_free(&run.configuration);
    free(first);
    return status;
}

static lw_status read_cell(const char *folder, lw_study_cell *cell, lw_error *err) {
    char *at = lw_path_join(folder, cell->name);
    lw_status status = at == NULL ? lw_fail_no_memory(err, "a path") : LW_OK;
    cell->finished = status == LW_OK && has_file(at, LW_CROSSVAL_RESULTS);
    if (cell->finished)
        status = lw_crossval_results_read(at, &cell->result, err);
    if (cell->finished && status == LW_OK)
        status = read_training(at, cell, err);
    free(at);
    return status;
}

static void name_cells(const lw_paper_table *paper, gathered *g) {
    for (size_t r = 0; r < paper->rows; r++)
        g->row_titles[r] = paper->row[r].title;
    for (size_t c = 0; c < paper->columns; c++) {
        snprintf(g->column_titles[c], sizeof g->column_titles[c], "%s leads", paper->leads[c]);
        g->columns[c] = g->column_titles[c];
    }
    for (size_t i = 0; i < paper->rows * paper->columns; i++) {
        const lw_paper_row *row = &paper->row[i / paper->columns];
        const size_t column = i % paper->columns;
        g->cells[i] =
            (lw_study_cell){.network = row->network,
                            .published = row->published[column],
                            .hidden = paper->hidden != NULL && row == paper->row ? paper->hidden[column] : NAN};
        lw_study_cell_name(paper, i, g->cells[i].name);
    }
}

static lw_status gather(const lw_paper_table *paper, const char *folder, gathered *g, lw_error *err) {
    const size_t cells = paper->rows * paper->columns;
    g->cells = lw_calloc(cells, sizeof *g->cells);
    if (g->cells == NULL)
        return lw_fail_no_memory(err, "a report");
    name_cells(paper, g);
    g->table = (lw_study_table){.name = paper->name,
                                .title = paper->title,
                                .source = paper->source,
                                .rows = paper->rows,
                                .columns = paper->columns,
                                .row_titles = g->row_titles,
                                .column_titles = g->columns,
                                .cells = g->cells};
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < cells; i++)
        status = read_cell(folder, &g->cells[i], err);
    return status;
}

lw_status lw_study_report(const lw_paper_table *table, const char *folder, size_t *finished, lw_error *err) {
    gathered g = {0};
    size_t count = 0;
    lw_status status = gather(table, folder, &g, err);
    if (status == LW_OK)
        status = lw_study_write(&g.table, folder, err);
    for (size_t i = 0; status == LW_OK && i < table->rows * table->columns; i++)
        count += g.cells[i].finished;
    if (status == LW_OK && finished != NULL)
        *finished = count;
    free(g.cells);
    return status;
}
