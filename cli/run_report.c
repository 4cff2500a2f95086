#include "run_report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "messages.h"
#include "paths.h"

static void print_score(const json_t *scores, const char *key, const char *title) {
    const json_t *value = json_object_get(scores, key);
    if (json_is_number(value)) {
        printf("  %-18s %.3f\n", title, json_number_value(value));
    }
}

void cli_print_run(const cli_arguments *arguments, const char *folder) {
    char *path = cli_format("%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *scores = json_object_get(run, "test");
    const json_t *test = json_object_get(scores, "with_fallback");
    if (test == NULL) {
        test = json_object_get(scores, "without_fallback");
    }
    if (test != NULL && !cli_flag(arguments, "quiet")) {
        printf("test split (%" JSON_INTEGER_FORMAT " recordings):\n",
               json_integer_value(json_object_get(test, "records")));
        print_score(test, "challenge_metric", "Challenge metric");
        print_score(test, "auroc", "AUROC");
        print_score(test, "auprc", "AUPRC");
        print_score(test, "accuracy", "accuracy");
        print_score(test, "f_measure", "F-measure");
        print_score(json_object_get(scores, "tuned"), "challenge_metric", "- at its thresholds");
    }
    printf("model: %s/model.safetensors\n", folder);
    json_decref(run);
    free(path);
}
