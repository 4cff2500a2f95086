#include "synthetic.h"

#include <inttypes.h>
#include <stdio.h>

#include "messages.h"
#include "paths.h"
#include "progress.h"

lw_status cli_synthesise(const cli_arguments *arguments, const lw_synth_options *options, uint64_t first,
                         uint64_t count, const char *folder, lw_error *err) {
    cli_progress progress = cli_progress_start(arguments, "synthesising");
    lw_status status = cli_folder_create(folder, err);
    for (uint64_t i = first; i < first + count && status == LW_OK; i++) {
        lw_record *record = NULL;
        char name[32];
        snprintf(name, sizeof name, "S%05" PRIu64, i);
        status = lw_synth_record(options, i, &record, err);
        if (status == LW_OK) {
            status = lw_record_write_challenge(record, folder, name, err);
        }
        lw_record_free(&record);
        cli_progress_update(&progress, (size_t)(i - first + 1), (size_t)count);
    }
    cli_progress_clear(&progress);
    return status;
}
