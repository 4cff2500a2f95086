/* This example is the shortest use of the library: it prints the diagnoses of a recording.
 *
 *     cc predict.c $(pkg-config --cflags --libs leadwise) -o predict
 *     ./predict A0001.hea [model.safetensors]
 */
#include <stdio.h>

#include "leadwise/leadwise.h"

/* Every fallible call returns a status and leaves a sentence. */
static lw_status predict(const char *path, const char *model_path, lw_model **model, lw_predictor **predictor,
                         const lw_prediction **prediction, lw_error *err) {
    lw_status status = model_path ? lw_model_load(model_path, model, err) : lw_model_load_builtin(NULL, model, err);
    if (status == LW_OK)
        status = lw_predictor_create(*model, NULL, predictor, err);
    return status == LW_OK ? lw_predict_path(*predictor, path, prediction, err) : status;
}

int main(int argc, char **argv) {
    lw_error err = {.message = "usage: predict RECORD [MODEL]"};
    lw_model *model = NULL;
    lw_predictor *predictor = NULL;
    const lw_prediction *p = NULL;
    if (argc < 2 || predict(argv[1], argc > 2 ? argv[2] : NULL, &model, &predictor, &p, &err) != LW_OK)
        fprintf(stderr, "%s\n", err.message);
    for (size_t i = 0; p && i < lw_class_count(lw_model_classes(model)); i++)
        printf("%c %-8s %.3f\n", p->decisions[i] ? '*' : ' ', lw_class_abbreviation(lw_model_classes(model), i),
               (double)p->probabilities[i]);
    const int code = p ? 0 : 1;
    lw_predictor_free(&predictor);
    lw_model_free(&model);
    return code;
}
