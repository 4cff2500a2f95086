/* A fuzz harness that gives its input to every function that reads a short text: leads, classes, tuning, options. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "leadwise/signal.h"
#include "leadwise/train.h"

static void parse_classes(const char *text) {
    lw_class_list *classes = NULL, *again = NULL;
    lw_error err;
    const lw_status status = lw_class_list_parse(text, &classes, &err);
    fuzz_check(status, &err);
    if (status == LW_OK) {
        if (lw_class_find(classes, text) >= 0) /* no list is one of its own codes */
            abort();
        char *json = lw_class_list_json(classes);
        if (json && (lw_class_list_parse(json, &again, &err) != LW_OK || !lw_class_list_equal(classes, again)))
            abort();
        lw_string_free(&json);
    }
    lw_class_list_free(&classes);
    lw_class_list_free(&again);
}

/** `text` is "key=value". What an option accepts, it accepts again as it shows it. */
static void set_option(char *text) {
    char *value = strchr(text, '='), shown[LW_TRAIN_VALUE];
    lw_train_options *options = NULL;
    lw_error err;
    if (!value || lw_train_options_create(&options, &err) != LW_OK)
        return;
    *value++ = '\0';
    const lw_status status = lw_train_options_set(options, text, value, &err);
    fuzz_check(status, &err);
    if (status == LW_OK &&
        (!lw_train_options_get(options, text, shown) || lw_train_options_set(options, text, shown, &err) != LW_OK))
        abort();
    fuzz_check(lw_train_options_check(options, &err), &err);
    lw_train_options_free(&options);
}

/** Text that was made printable is printable: it stays the same. */
static void make_printable(char *text) {
    lw_make_printable(text);
    char *again = fuzz_text(fuzz_part_of(text));
    lw_make_printable(again);
    if (strcmp(text, again) != 0)
        abort();
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text((fuzz_part){data, size});
    lw_lead_set leads;
    lw_tuning tuning;
    lw_error err;
    parse_classes(text);
    fuzz_check(lw_lead_set_parse(text, &leads, &err), &err);
    fuzz_check(lw_lead_names_check(text, &err), &err);
    fuzz_check(lw_tuning_parse(text, NULL, &tuning, &err), &err);
    fuzz_check(lw_tuning_parse(NULL, text, &tuning, &err), &err);
    (void)lw_diagnosis_find(text);
    set_option(text);
    make_printable(text);
    free(text);
    return 0;
}
