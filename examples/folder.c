/* This example prints, for every recording below a folder, its diagnoses or why it was rejected.
 *
 *     cc folder.c $(pkg-config --cflags --libs leadwise) -o folder
 *     ./folder recordings/
 */
#include <stdio.h>
#include <stdlib.h>

#include "leadwise/predict.h"

typedef struct report {
    const lw_class_list *classes;
    size_t rejected;
} report;

/** One line a recording, in the order of the paths. */
static lw_status print_line(void *context, const lw_prediction *p, lw_error *err) {
    report *to = context;
    (void)err;
    printf("%s:", p->path);
    for (size_t i = 0; p->status == LW_OK && i < lw_class_count(to->classes); i++)
        if (p->decisions[i])
            printf(" %s", lw_class_abbreviation(to->classes, i));
    printf("%s%s\n", p->status == LW_OK ? "" : " rejected: ", p->status == LW_OK ? "" : p->sentence);
    to->rejected += p->status != LW_OK;
    return LW_OK;
}

static lw_status predict_folder(const char *folder, lw_model **model, lw_predictor **predictor, lw_record_list **list,
                                report *to, lw_error *err) {
    const lw_record_list_options how = {.size = sizeof how, .unlabelled = true};
    lw_status status = lw_model_load_builtin(NULL, model, err);
    if (status == LW_OK)
        status = lw_predictor_create(*model, NULL, predictor, err);
    if (status == LW_OK)
        status = lw_record_list_scan(&folder, 1, &how, list, err);
    if (status != LW_OK)
        return status;
    const size_t count = lw_record_list_count(*list);
    const char **paths = calloc(count + 1, sizeof *paths);
    for (size_t i = 0; paths && i < count; i++)
        paths[i] = lw_record_list_path(*list, i);
    to->classes = lw_model_classes(*model);
    status = paths ? lw_predict_paths(*predictor, paths, count, print_line, to, err)
                   : lw_error_set(err, LW_ERR_NO_MEMORY, "out of memory for %zu paths", count);
    free(paths);
    return status;
}

int main(int argc, char **argv) {
    lw_error err = {.message = "usage: folder DIR"};
    lw_model *model = NULL;
    lw_predictor *predictor = NULL;
    lw_record_list *list = NULL;
    report to = {0};
    const bool done = argc == 2 && predict_folder(argv[1], &model, &predictor, &list, &to, &err) == LW_OK;
    if (done)
        fprintf(stderr, "%zu rejected\n", to.rejected);
    else
        fprintf(stderr, "%s\n", err.message);
    lw_record_list_free(&list);
    lw_predictor_free(&predictor);
    lw_model_free(&model);
    return done ? 0 : 1;
}
