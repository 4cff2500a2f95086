/* This file is `leadwise plot`, which draws a recording on ECG paper. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static const cli_option options[] = {
    CLI_OPTION_OUTPUT("FILE", "SVG file to write (default: standard output)", false),
    CLI_ROW_REAL("start", "S", "0", 0, 1e6, "second to begin at"),
    CLI_ROW_REAL("speed", "MM/S", "25", 5, 200, "paper speed in mm/s"),
    CLI_ROW_REAL("gain", "MM/MV", "10", 0.5, 100, "height of a millivolt in mm"),
    {.name = "rhythm-lead", .kind = CLI_TEXT, .argument = "LEAD", .value = "II", .help = "lead of the rhythm strip"},
    CLI_ROW_TEXT("title", "TEXT", "above the leads (default: the record's name)"),
    CLI_OPTIONS_RECORDINGS,
    CLI_OPTION_STRICT,
    CLI_ROW_END,
};

/** Marks of the sheet's 10 s in the twelve leads, but for those of leads that are not there; free both handles later. */
typedef struct measured {
    lw_quality_meter *meter; /**< has the names of the findings' leads */
    lw_quality *quality;
} measured;

static lw_status measure(const lw_record *record, double start_s, measured *out, lw_error *err) {
    static const double sheet_s = 10;
    const size_t samples = lw_record_sample_count(record), first = (size_t)(start_s * lw_record_rate_hz(record));
    lw_lead_set leads;
    lw_status status = lw_lead_set_parse("12", &leads, err);
    if (status == LW_OK)
        status = lw_quality_meter_create(&leads, sheet_s, &out->meter, err);
    if (status != LW_OK || first >= samples) /* drawing says so */
        return status;
    lw_quality *quality = out->quality = cli_calloc(1, sizeof *quality);
    lw_quality_measure(out->meter, record, first, samples - first, quality);
    size_t kept = 0;
    for (size_t i = 0; i < quality->finding_count; i++)
        if (quality->finding[i].mark != LW_QUALITY_MISSING)
            quality->finding[kept++] = quality->finding[i];
    quality->finding_count = kept;
    return LW_OK;
}

static int run(const cli_arguments *arguments) {
    const char *const *operands, *output = cli_text(arguments, "output");
    if (cli_operands(arguments, &operands) != 1)
        return cli_usage_error(arguments, "'plot' needs one recording");
    const lw_record_options how = cli_record_options(arguments);
    lw_paper_options paper = {.size = sizeof paper,
                              .start_s = cli_real(arguments, "start"),
                              .speed_mm_s = cli_real(arguments, "speed"),
                              .gain_mm_mv = cli_real(arguments, "gain"),
                              .rhythm_lead =
                                  cli_given(arguments, "rhythm-lead") ? cli_text(arguments, "rhythm-lead") : NULL,
                              .title = cli_text(arguments, "title")};
    measured marks = {0};
    lw_record *record = NULL;
    char *svg = NULL;
    lw_error err;
    lw_status status = lw_record_read(operands[0], &how, &record, &err);
    if (status != LW_OK)
        status = lw_error_set(&err, status, "%s%s", err.message, cli_hint(arguments, status));
    if (status == LW_OK)
        status = measure(record, paper.start_s, &marks, &err);
    if (status == LW_OK && marks.quality) {
        paper.findings = marks.quality->finding;
        paper.finding_count = marks.quality->finding_count;
    }
    if (status == LW_OK)
        status = lw_paper_svg(record, &paper, &svg, &err);
    const size_t warnings = record ? lw_record_warning_count(record) : 0;
    for (size_t i = 0; i < warnings; i++)
        cli_detail_warning(arguments, operands[0], lw_record_warning(record, i));
    cli_count_warnings(arguments, warnings, warnings > 0, 1);
    if (status == LW_OK && output && strcmp(output, "-") != 0)
        status = cli_file_write(output, svg, &err);
    else if (status == LW_OK)
        fputs(svg, stdout);
    lw_quality_meter_free(&marks.meter);
    free(marks.quality);
    lw_string_free(&svg);
    lw_record_free(&record);
    return cli_exit_code(status, &err);
}

const cli_command cli_command_plot = {
    .name = "plot",
    .summary = "Draw a recording on ECG paper",
    .synopsis = "RECORD [-o FILE.svg]",
    .description = "Three rows of four leads and a rhythm strip on a millimetre grid, as SVG.",
    .examples = "leadwise plot A0001.hea -o A0001.svg",
    .options = options,
    .run = run,
};
