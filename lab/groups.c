/* Records that must stay together: copies of a recording, and the groups of a file. */
#include "lab/folds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum { GROUP_FILE_LIMIT = 256 << 20 };

/** A record under a key that it may share with others. */
typedef struct keyed {
    lw_span text;  /**< a name, or a group; "" where the hash is the key */
    uint64_t hash; /**< of the signals; 0 where the text is the key */
    size_t at;     /**< record number, or its place in the order of names */
} keyed;

/** The state of a search for groups. */
typedef struct search {
    const lw_dataset *dataset;
    size_t records;
    keyed *names;   /**< [records], sorted; `at` is the record's number */
    size_t *leader; /**< [records], by place in the order of names: union-find, towards the first */
    keyed *scratch; /**< [records] */
} search;

void lw_groups_free(lw_groups *groups) {
    free(groups->by_name);
    free(groups->of);
    free(groups->size);
    *groups = (lw_groups){0};
}

static int compare_spans(lw_span a, lw_span b) {
    int order = memcmp(a.at, b.at, a.length < b.length ? a.length : b.length);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_keys(const keyed *a, const keyed *b) {
    return a->hash != b->hash ? (a->hash > b->hash) - (a->hash < b->hash) : compare_spans(a->text, b->text);
}

static int compare_keyed(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    const int order = compare_keys(x, y);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static size_t find_leader(size_t *leader, size_t at) {
    while (leader[at] != at) {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    return at;
}

static void join(size_t *leader, size_t a, size_t b) {
    a = find_leader(leader, a);
    b = find_leader(leader, b);
    leader[a > b ? a : b] = a < b ? a : b;
}

/** Join the records of the first `count` in the scratch that have equal keys. */
static void join_equal(search *s, size_t count) {
    qsort(s->scratch, count, sizeof *s->scratch, compare_keyed);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&s->scratch[i], &s->scratch[i - 1]) == 0)
            join(s->leader, s->scratch[i].at, s->scratch[i - 1].at);
}

/** Place of `name` in the order of names, or SIZE_MAX. */
static size_t place_of(const search *s, lw_span name) {
    size_t low = 0, high = s->records;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_spans(name, s->names[middle].text);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SIZE_MAX;
}

/** The next line that is neither empty nor a comment; *number counts all lines. */
static bool next_line(const char **cursor, const char *end, size_t *number, lw_span *line) {
    while (*cursor < end && lw_span_line(cursor, end, line)) {
        ++*number;
        *line = lw_span_trim(*line);
        if (line->length > 0 && line->at[0] != '#')
            return true;
    }
    return false;
}

/** Read the rows of records that are in the data set into the scratch. `listed`: [records]. */
static lw_status read_rows(search *s, const char *path, const lw_bytes *bytes, bool *listed, size_t *rows,
                           lw_error *err) {
    const char *cursor = (const char *)bytes->data, *end = cursor + bytes->length;
    size_t number = 0;
    lw_span line;
    if (!next_line(&cursor, end, &number, &line) || !lw_span_equals(line, "record,group"))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: expected the header record,group", path, number ? number : 1);
    while (next_line(&cursor, end, &number, &line)) {
        lw_span record, group;
        if (!lw_span_field(&line, ',', &record) || !lw_span_field(&line, ',', &group) || line.length > 0 ||
            record.length == 0 || lw_span_trim(group).length == 0)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: expected two fields, record,group", path, number);
        size_t place = place_of(s, lw_span_trim(record));
        if (place == SIZE_MAX)
            continue;
        if (listed[place])
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: record %s has two lines, expected one", path, number,
                           lw_dataset_name(s->dataset, s->names[place].at));
        listed[place] = true;
        s->scratch[(*rows)++] = (keyed){.text = lw_span_trim(group), .at = place};
    }
    if (*rows == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s: names none of the %zu records", path, s->records);
    return LW_OK;
}

static lw_status join_file(search *s, const char *path, lw_error *err) {
    lw_bytes bytes = {0};
    size_t rows = 0;
    bool *listed = lw_calloc(s->records, sizeof *listed);
    lw_status status = !listed ? lw_fail_no_memory(err, path) : lw_bytes_read(path, GROUP_FILE_LIMIT, &bytes, err);
    if (status == LW_OK)
        status = read_rows(s, path, &bytes, listed, &rows, err);
    if (status == LW_OK)
        join_equal(s, rows);
    lw_bytes_free(&bytes);
    free(listed);
    return status;
}

/** Number the groups. A leader comes before its followers, so it is numbered before them. */
static void write_groups(search *s, lw_groups *groups) {
    for (size_t i = 0; i < s->records; i++) {
        size_t first = find_leader(s->leader, i), record = s->names[i].at;
        assert(first <= i);
        groups->by_name[i] = record;
        groups->of[record] = first == i ? groups->count++ : groups->of[s->names[first].at];
        groups->size[groups->of[record]]++;
    }
}

lw_status lw_groups_find(const lw_dataset *dataset, const char *path, lw_groups *out, lw_error *err) {
    const size_t n = lw_dataset_record_count(dataset);
    search s = {dataset, n, lw_calloc(n, sizeof *s.names), lw_calloc(n, sizeof *s.leader),
                lw_calloc(n, sizeof *s.scratch)};
    lw_groups groups = {.records = n,
                        .by_name = lw_calloc(n, sizeof *groups.by_name),
                        .of = lw_calloc(n, sizeof *groups.of),
                        .size = lw_calloc(n, sizeof *groups.size)};
    lw_status status = LW_OK;
    if (!s.names || !s.leader || !s.scratch || !groups.by_name || !groups.of || !groups.size)
        status = lw_fail_no_memory(err, "the groups of records");
    for (size_t i = 0; status == LW_OK && i < n; i++) {
        const char *name = lw_dataset_name(dataset, i);
        s.names[i] = (keyed){.text = {name, strlen(name)}, .at = i};
        s.leader[i] = i;
    }
    if (status == LW_OK) {
        qsort(s.names, n, sizeof *s.names, compare_keyed);
        for (size_t i = 0; i < n; i++)
            s.scratch[i] = (keyed){.text = {"", 0}, .hash = lw_dataset_signal_hash(dataset, s.names[i].at), .at = i};
        join_equal(&s, n);
        status = path ? join_file(&s, path, err) : LW_OK;
    }
    if (status == LW_OK)
        write_groups(&s, &groups);
    free(s.names);
    free(s.leader);
    free(s.scratch);
    if (status == LW_OK)
        *out = groups;
    else
        lw_groups_free(&groups);
    return status;
}
