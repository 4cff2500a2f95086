#include "fold_options.h"

#include <string.h>

#include "messages.h"
#include "training.h"

static lw_fold_kind fold_kind(const char *name) {
    if (strcmp(name, "stratified") == 0) {
        return LW_FOLDS_STRATIFIED;
    }
    return strcmp(name, "source") == 0 ? LW_FOLDS_SOURCE : LW_FOLDS_RANDOM;
}

lw_crossval_options cli_crossval_options(const cli_arguments *arguments, const lw_train_options *train) {
    lw_crossval_options how = lw_crossval_options_default();
    how.folds = (size_t)cli_whole(arguments, "folds");
    how.kind = fold_kind(cli_text(arguments, "split"));
    how.groups = cli_text(arguments, "groups");
    how.replicates = (size_t)cli_whole(arguments, "replicates");
    how.train = train;
    return how;
}

int cli_check_folds(const cli_arguments *arguments) {
    if (cli_given(arguments, "folds") && fold_kind(cli_text(arguments, "split")) == LW_FOLDS_SOURCE) {
        return cli_usage_error(cli_arguments_command(arguments), "--folds: with --split source, each source is a fold");
    }
    return CLI_EXIT_OK;
}
