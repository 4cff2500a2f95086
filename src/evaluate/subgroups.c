/* Scores of the records of each source, sex and age band. */
#include "evaluate/folders.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/intervals.h"

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
    if (status == LW_OK && options->replicates > 0)
        status = lw_intervals_bootstrap(scoring, &answers, options->seed, options->replicates, options->threads,
                                        &out->intervals, NULL, err);
    if (status == LW_OK)
        status = lw_score(scoring, &answers, &out->scores, err);
    lw_answers_free(&answers);
    return status;
}

lw_status lw_subgroups_score(const lw_scoring *scoring, const lw_answers *answers, const lw_label_set *labels,
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
