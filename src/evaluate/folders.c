/* This file scores Challenge output files by the labels of their records, also of each source, sex and age band. */
#define _GNU_SOURCE /* strsep */

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "dataset/batch.h"
#include "evaluate/folders.h"
#include "evaluate/scoring.h"
#include "record/diagnosis_code.h"

enum { NAME_BYTES_MAX = LW_CLASS_CODES_MAX * 64 };

static int compare_names(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

lw_status lw_file_list(const char *folder, const char *suffix, lw_name_list *out, lw_error *err) {
    DIR *opened = opendir(folder);
    if (!opened)
        return lw_fail(err, LW_ERR_IO, "%s: cannot open the folder: %s", folder, strerror(errno));
    lw_status status = LW_OK;
    for (const struct dirent *entry; status == LW_OK && (errno = 0, entry = readdir(opened));) {
        const char *name = entry->d_name;
        const size_t length = strlen(name), tail = strlen(suffix);
        struct stat info;
        if (*name == '.' || length <= tail || strcasecmp(name + length - tail, suffix) != 0)
            continue;
        if (fstatat(dirfd(opened), name, &info, 0) != 0) {
            if (errno != ENOENT && errno != ELOOP) /* a link that leads nowhere is no file */
                status = lw_fail(err, LW_ERR_IO, "%s/%s: cannot examine: %s", folder, name, strerror(errno));
        } else if (S_ISREG(info.st_mode))
            status = lw_name_list_take(out, lw_strdup(name), err);
    }
    if (status == LW_OK && errno != 0)
        status = lw_fail(err, LW_ERR_IO, "%s: cannot list the folder: %s", folder, strerror(errno));
    closedir(opened);
    if (out->count)
        qsort(out->names, out->count, sizeof *out->names, compare_names);
    return status;
}

/* Columns of one kind in the output files: in how many files there are some, and a sentence on the first. */
typedef struct odd_columns {
    size_t file_count;
    char first[400];
} odd_columns;

/* An evaluation of a folder. */
typedef struct evaluation {
    const lw_evaluate_options *options;
    const char *folder; /* of the outputs */
    lw_notes notes;
    lw_scoring scoring;
    lw_label_set labels;
    lw_answers answers;
    bool in_output[LW_CLASSES_MAX];             /* [classes] a column of some output names the class */
    odd_columns no_code, unscored, twice_named; /* in outputs */
} evaluation;

/* Adds one column of an output file to the classes whose codes it names, to each once; false where it names none. */
static bool join_column(const lw_scoring *scoring, const lw_challenge_column *column, bool split, lw_joined *joined) {
    char name[NAME_BYTES_MAX];
    bool seen[LW_CLASSES_MAX] = {false}, any = false;
    if (column->name.length >= sizeof name)
        return false;
    memcpy(name, column->name.at, column->name.length);
    name[column->name.length] = '\0';
    for (char *rest = name, *code; rest;) {
        code = split ? strsep(&rest, "|") : rest;
        rest = split ? rest : NULL;
        int k = lw_class_find(scoring->classes, code);
        if (k >= 0 && !seen[k]) {
            seen[k] = any = true;
            lw_joined_add(&joined[k], scoring->year, column->positive, column->score);
        }
    }
    return any;
}

static void count_column(odd_columns *odd, const char *shown, size_t line, lw_span name, const char *what) {
    if (odd->file_count++ == 0)
        snprintf(odd->first, sizeof odd->first, "%s:%zu: column \"%.*s\" %s", shown, line,
                 (int)(name.length < 60 ? name.length : 60), name.at, what);
}

/* Notes columns that are no codes, or called alike, once a file; fails where no column names a class. */
static lw_status check_columns(evaluation *run, const char *shown, const lw_challenge_output *output,
                               const lw_joined *joined, lw_error *err) {
    const lw_challenge_column *no_code = NULL, *unscored = NULL, *twice = NULL;
    bool any = output->count == 0;
    for (size_t k = 0; k < run->answers.classes; k++) {
        any |= joined[k].count > 0;
        run->in_output[k] |= joined[k].count > 0;
    }
    if (!any)
        return lw_fail(err, LW_ERR_FORMAT,
                       "%s:%zu: no column names a scored class, expected SNOMED CT codes, but the first is \"%.*s\"",
                       shown, output->codes_line,
                       (int)(output->columns[0].name.length < 40 ? output->columns[0].name.length : 40),
                       output->columns[0].name.at);
    for (size_t i = 0; i < output->count; i++) {
        lw_span rest = output->columns[i].name, code;
        lw_joined scored[LW_CLASSES_MAX] = {{0}};
        while (!no_code && lw_span_field(&rest, '|', &code))
            no_code = lw_code_form_of(lw_span_trim(code)) != LW_CODE_WHOLE ? &output->columns[i] : NULL;
        if (!unscored && no_code != &output->columns[i])
            unscored = join_column(&run->scoring, &output->columns[i], true, scored) ? NULL : &output->columns[i];
        for (size_t k = 0; !twice && k < i; k++)
            if (output->columns[k].name.length == output->columns[i].name.length &&
                memcmp(output->columns[k].name.at, output->columns[i].name.at, output->columns[i].name.length) == 0)
                twice = &output->columns[i];
    }
    if (no_code)
        count_column(&run->no_code, shown, output->codes_line, no_code->name,
                     "is no SNOMED CT code and counts for nothing");
    if (unscored)
        count_column(&run->unscored, shown, output->codes_line, unscored->name,
                     "is no class that is scored and counts for nothing");
    if (twice)
        count_column(&run->twice_named, shown, output->codes_line, twice->name, "is there twice; both count");
    return LW_OK;
}

/* Notes what check_columns has counted, and classes that recordings have but no output has a column for. */
static void note_columns(const evaluation *run) {
    const odd_columns *const kinds[] = {&run->no_code, &run->unscored, &run->twice_named};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i]->file_count > 0)
            lw_note(&run->notes, "%s; so in %zu files", kinds[i]->first, kinds[i]->file_count);
    for (size_t k = 0; k < run->answers.classes; k++) {
        size_t labelled = 0;
        for (size_t r = 0; r < run->labels.count; r++)
            labelled += run->answers.labels[r * run->answers.classes + k];
        if (labelled > 0 && !run->in_output[k])
            lw_note(&run->notes, "%s: no output has a column for %s, which %zu recordings have", run->folder,
                    lw_class_abbreviation(run->scoring.classes, k), labelled);
    }
}

static lw_status store_output(evaluation *run, const char *shown, const lw_challenge_output *output, size_t record,
                              lw_error *err) {
    lw_joined joined[LW_CLASSES_MAX] = {{0}};
    /* The script of 2020 does not split "a|b". */
    bool split = !run->options->official || run->scoring.year != 2020;
    for (size_t i = 0; i < output->count; i++) {
        const lw_challenge_column *column = &output->columns[i];
        lw_joined scored[LW_CLASSES_MAX] = {{0}};
        if (column->missing)
            join_column(&run->scoring, column, split, scored);
        for (size_t k = 0; column->missing && k < run->answers.classes; k++)
            if (scored[k].count)
                return lw_fail(err, LW_ERR_FORMAT, "%s: the official script stops here: column %zu has no value", shown,
                               i + 1);
        join_column(&run->scoring, column, split, joined);
    }
    const lw_status status = run->options->official ? LW_OK : check_columns(run, shown, output, joined, err);
    if (status != LW_OK)
        return status;
    for (size_t k = 0; k < run->answers.classes; k++) {
        run->answers.decisions[record * run->answers.classes + k] = joined[k].positive;
        run->answers.scores[record * run->answers.classes + k] = lw_joined_score(&joined[k]);
    }
    return LW_OK;
}

static lw_status read_output(evaluation *run, size_t record, lw_error *err) {
    const int year = run->scoring.year;
    lw_bytes bytes = {0};
    lw_challenge_output output = {0};
    lw_text path = {0};
    lw_text_printf(&path, "%s/%s.csv", run->folder, run->labels.names[record]);
    lw_status status =
        path.failed ? lw_fail_no_memory(err, "a path") : lw_bytes_read(path.data, LW_OUTPUT_BYTES_MAX, &bytes, err);
    if (status == LW_OK)
        status = run->options->official ? lw_challenge_parse_official(path.data, year, bytes, &output, err)
                                        : lw_challenge_parse(path.data, year, bytes, &run->notes, &output, err);
    if (status == LW_OK)
        status = store_output(run, path.data, &output, record, err);
    lw_challenge_free(&output);
    lw_bytes_free(&bytes);
    lw_text_free(&path);
    return status;
}

static bool holds(char *const *names, size_t count, char *name) {
    return count && bsearch(&name, names, count, sizeof *names, compare_names);
}

/*
 * Each record must have a label and an output; the official scripts report only that an output is missing. Hidden files
 * are not listed, so that the output of a record with such a name is found missing when it is read.
 */
static lw_status check_pairs(const evaluation *run, lw_error *err) {
    lw_name_list outputs = {0};
    lw_status status = lw_file_list(run->folder, ".csv", &outputs, err);
    for (size_t i = 0; i < outputs.count; i++)
        outputs.names[i][strlen(outputs.names[i]) - strlen(".csv")] = '\0';
    /* Sorted anew: "a-b.csv" comes before "a.csv", but "a" before "a-b". */
    if (outputs.count)
        qsort(outputs.names, outputs.count, sizeof *outputs.names, compare_names);
    for (size_t r = 0; status == LW_OK && r < run->labels.count; r++)
        if (*run->labels.names[r] != '.' && !holds(outputs.names, outputs.count, run->labels.names[r]))
            status = lw_fail(err, LW_ERR_FORMAT, "%s: labelled record %s has no output file", run->folder,
                             run->labels.names[r]);
    for (size_t i = 0; status == LW_OK && !run->options->official && i < outputs.count; i++)
        if (!holds(run->labels.names, run->labels.count, outputs.names[i]))
            status = lw_fail(err, LW_ERR_FORMAT, "%s: output file %s.csv is of a record without labels", run->folder,
                             outputs.names[i]);
    lw_name_list_free(&outputs);
    return status;
}

/* Whether a record has a label: there is nothing to score otherwise. */
static lw_status check_labels(const evaluation *run, const char *labels, lw_error *err) {
    if (memchr(run->labels.labels, 1, run->labels.count * run->labels.classes))
        return LW_OK;
    lw_error inner;
    (void)lw_fail(&inner, LW_ERR_FORMAT, LW_NO_LABEL_SENTENCE, run->labels.count, run->labels.classes);
    return lw_fail(err, LW_ERR_FORMAT, "%s: %s", labels, inner.message);
}

static lw_status read_answers(evaluation *run, const char *labels, lw_error *err) {
    lw_status status = run->options->official
                           ? lw_label_set_read_official(labels, &run->scoring, &run->labels, err)
                           : lw_label_set_read(labels, &run->scoring, &run->notes, &run->labels, err);
    if (status == LW_OK)
        status = lw_answers_create(run->labels.count, run->labels.classes, &run->answers, err);
    if (status != LW_OK)
        return status;
    memcpy(run->answers.labels, run->labels.labels, run->labels.count * run->labels.classes);
    status = run->options->official ? LW_OK : check_labels(run, labels, err);
    if (status == LW_OK)
        status = check_pairs(run, err);
    for (size_t r = 0; status == LW_OK && r < run->labels.count; r++)
        status = read_output(run, r, err);
    if (status == LW_OK && !run->options->official)
        note_columns(run);
    return status;
}

/* ---- Groups of records */

static const char unknown[] = "unknown";

const char *lw_division_name(lw_division by) { return by == LW_BY_SOURCE ? "source" : by == LW_BY_SEX ? "sex" : "age"; }

/* A record, and the group that it belongs to: groups are in the order of `rank`, then of `name`. */
typedef struct member {
    int rank;
    const char *name;
    size_t record;
} member;

static member member_of(const lw_subject *subject, lw_division by) {
    static const struct {
        float below_years;
        const char *name;
    } bands[] = {{40, "<40"}, {60, "40-59"}, {80, "60-79"}, {INFINITY, ">=80"}};
    enum { BANDS = sizeof bands / sizeof *bands };
    if (by == LW_BY_SEX)
        return subject->sex == LW_SEX_FEMALE ? (member){.rank = 0, .name = "female"}
               : subject->sex == LW_SEX_MALE ? (member){.rank = 1, .name = "male"}
                                             : (member){.rank = 2, .name = unknown};
    if (by == LW_BY_SOURCE)
        return *subject->source ? (member){.rank = 0, .name = subject->source} : (member){.rank = 1, .name = unknown};
    assert(by == LW_BY_AGE);
    for (int i = 0; i < BANDS; i++)
        if (subject->age_years < bands[i].below_years) /* never, where it is NaN */
            return (member){.rank = i, .name = bands[i].name};
    return (member){.rank = BANDS, .name = unknown};
}

static int compare_groups(const member *a, const member *b) {
    return a->rank != b->rank ? (a->rank > b->rank) - (a->rank < b->rank) : strcmp(a->name, b->name);
}

static int compare_members(const void *left, const void *right) {
    const member *a = left, *b = right;
    int order = compare_groups(a, b);
    return order != 0 ? order : (a->record > b->record) - (a->record < b->record);
}

/* Scores of the members of one group, from the answers of all records. */
static lw_status score_group(const lw_scoring *scoring, const lw_answers *all, const member *members, size_t count,
                             const lw_evaluate_options *options, lw_group_scores *out, lw_error *err) {
    const size_t classes = all->classes;
    lw_answers answers = {0};
    snprintf(out->name, sizeof out->name, "%s", members->name);
    lw_status status = lw_answers_create(count, classes, &answers, err);
    for (size_t i = 0; status == LW_OK && i < count; i++) {
        const size_t from = members[i].record * classes, to = i * classes;
        memcpy(answers.labels + to, all->labels + from, classes);
        memcpy(answers.decisions + to, all->decisions + from, classes);
        memcpy(answers.scores + to, all->scores + from, classes * sizeof *answers.scores);
    }
    if (status == LW_OK && options->replicate_count > 0)
        status = lw_intervals_bootstrap(scoring, &answers, options->seed, options->replicate_count, options->threads,
                                        &out->intervals, NULL, err);
    if (status == LW_OK)
        status = lw_score(scoring, &answers, &out->scores, err);
    lw_answers_free(&answers);
    return status;
}

/* Divides the records by one of lw_division and appends the scores of each group to out->groups, sources by name, sexes
 * and age bands in the order of lw_division. */
static lw_status score_groups(const lw_scoring *scoring, const lw_answers *answers, const lw_label_set *labels,
                              lw_division by, const lw_evaluate_options *options, lw_evaluation *out, lw_error *err) {
    assert(answers->records == labels->count);
    member *members = lw_calloc(labels->count, sizeof *members);
    if (!members)
        return lw_fail_no_memory(err, "the groups of records");
    for (size_t i = 0; i < labels->count; i++) {
        members[i] = member_of(&labels->subjects[i], by);
        members[i].record = i;
    }
    qsort(members, labels->count, sizeof *members, compare_members);
    lw_status status = LW_OK;
    for (size_t first = 0, next; status == LW_OK && first < labels->count; first = next) {
        for (next = first + 1; next < labels->count && compare_groups(&members[first], &members[next]) == 0;)
            next++;
        lw_group_scores *groups = realloc(out->groups, (out->group_count + 1) * sizeof *groups);
        if (!groups) {
            status = lw_fail_no_memory(err, "the groups of records");
            break;
        }
        out->groups = groups;
        groups[out->group_count] = (lw_group_scores){.by = by};
        status =
            score_group(scoring, answers, members + first, next - first, options, &groups[out->group_count++], err);
    }
    free(members);
    return status;
}

/* ---- The whole evaluation */

lw_status lw_evaluate_folders(const char *labels, const char *output_folder, const lw_evaluate_options *options,
                              lw_evaluation *out, lw_error *err) {
    lw_evaluate_options own;
    evaluation run = {.options = &own, .folder = output_folder};
    lw_evaluation made = {0};
    lw_status status = lw_options_take(&own, sizeof own, options, "lw_evaluate_options", err);
    if (status != LW_OK)
        return status;
    run.notes = (lw_notes){own.note, own.context};
    status = lw_scoring_create(own.year != 0 ? own.year : 2021, own.weights, &run.scoring, err);
    if (status == LW_OK)
        status = read_answers(&run, labels, err);
    if (status == LW_OK)
        status = lw_score(&run.scoring, &run.answers, &made.scores, err);
    if (status == LW_OK && own.replicate_count > 0) {
        made.replicate_count = own.replicate_count;
        made.class_intervals = lw_calloc(run.answers.classes, sizeof *made.class_intervals);
        status = made.class_intervals
                     ? lw_intervals_bootstrap(&run.scoring, &run.answers, own.seed, own.replicate_count, own.threads,
                                              &made.intervals, made.class_intervals, err)
                     : lw_fail_no_memory(err, "the intervals");
    }
    for (unsigned by = LW_BY_SOURCE; status == LW_OK && by <= LW_BY_AGE; by <<= 1)
        if (own.by & by)
            status = score_groups(&run.scoring, &run.answers, &run.labels, (lw_division)by, &own, &made, err);
    lw_answers_free(&run.answers);
    lw_label_set_free(&run.labels);
    lw_scoring_free(&run.scoring);
    if (status == LW_OK)
        *out = made;
    else
        lw_evaluation_free(&made);
    return status;
}
