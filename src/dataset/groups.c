/** @file groups.c: records that must stay together: copies of a recording, and recordings of one patient. */
#include "dataset/groups.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "dataset/table_file.h"
#include "record/diagnosis_code.h"

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
    keyed *bare;    /**< [records], bare_name of each, sorted; `at` is its place in the order of names */
    size_t *leader; /**< [records], by place in the order of names: union-find, towards the first */
    keyed *scratch; /**< [records] */
    bool *known;    /**< [records], by the record's number */
    size_t stray_count, stray_line;
} search;

void lw_groups_free(lw_groups *groups) {
    if (!groups)
        return;
    free(groups->by_name);
    free(groups->of);
    free(groups->size);
    free(groups->known);
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

/** The first of the `count` sorted keys with this text, or `count`. */
static size_t find_text(const keyed *keys, size_t count, lw_span text) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_spans(keys[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare_spans(keys[low].text, text) == 0 ? low : count;
}

/** The name that the file of a record has: records of one name are called "source/name", or "source/name#2". */
static lw_span bare_name(const char *name) {
    const char *slash = strrchr(name, '/'), *bare = slash ? slash + 1 : name;
    const char *hash = slash ? strrchr(bare, '#') : NULL;
    return (lw_span){bare, hash ? (size_t)(hash - bare) : strlen(bare)};
}

/** The records that a table calls `name`, which may have folders and a suffix, as `keys` from *first on: the one that is
 * called so, else all whose files are. @return their number */
static size_t find_written(const search *s, lw_span name, const keyed **keys, size_t *first) {
    const lw_span base = lw_table_base_name(name);
    const lw_span forms[] = {name, lw_table_stem(name), base, lw_table_stem(base)};
    enum { FORMS = sizeof forms / sizeof *forms };
    *first = s->records;
    for (size_t i = 0; *first == s->records && i < 2 * FORMS; i++) {
        *keys = i < FORMS ? s->names : s->bare;
        *first = find_text(*keys, s->records, forms[i % FORMS]);
    }
    size_t end = *first;
    while (end < s->records && compare_spans((*keys)[end].text, (*keys)[*first].text) == 0)
        end++;
    return end - *first;
}

/** The row of a record that the file names first. */
typedef struct group_row {
    lw_span group;
    size_t line; /**< 0: none */
} group_row;

enum { RECORD, GROUP, COLUMNS };

/** Put the row of the record at `place` in the order of names into the scratch. */
static lw_status take_group(search *s, const lw_table *table, size_t place, lw_span group, group_row *listed,
                            size_t *rows, lw_error *err) {
    group_row *first = &listed[place];
    if (first->line == 0) {
        *first = (group_row){group, table->line};
        s->scratch[(*rows)++] = (keyed){.text = group, .at = place};
        return LW_OK;
    }
    return compare_spans(first->group, group) == 0
               ? LW_OK
               : lw_fail(err, LW_ERR_FORMAT, "%s:%zu: record %s has another group than in line %zu", table->path,
                         table->line, lw_dataset_name(s->dataset, s->names[place].at), first->line);
}

/** Take the row at which the table stands for all records that it names. */
static lw_status take_row(search *s, const lw_table *table, const lw_span fields[COLUMNS], group_row *listed,
                          size_t *rows, lw_error *err) {
    const keyed *keys;
    size_t first;
    if (fields[RECORD].length == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the record's name is empty", table->path, table->line);
    const size_t count = find_written(s, fields[RECORD], &keys, &first);
    lw_status status = LW_OK;
    if (count == 0 && s->stray_count++ == 0)
        s->stray_line = table->line;
    for (size_t i = first; status == LW_OK && i < first + count; i++)
        status = take_group(s, table, keys == s->names ? i : keys[i].at, fields[GROUP], listed, rows, err);
    return status;
}

/** Read the rows of records that are in the data set into the scratch. `listed`: [records] zeros. */
static lw_status read_rows(search *s, const char *path, const lw_bytes *bytes, group_row *listed, size_t *rows,
                           lw_error *err) {
    static const lw_table_column columns[COLUMNS] = {{lw_table_record_names, true, false},
                                                     {lw_table_group_names, true, false}};
    const lw_span text = {(const char *)bytes->data, bytes->length};
    lw_table table;
    lw_span fields[COLUMNS];
    bool more = true;
    lw_status status = lw_table_begin(&table, path, text, columns, COLUMNS, "the header record,group", err);
    while (status == LW_OK && more) {
        status = lw_table_next(&table, fields, &more, err);
        if (status == LW_OK && more)
            status = take_row(s, &table, fields, listed, rows, err);
    }
    if (status == LW_OK && *rows == 0)
        return lw_fail(err, LW_ERR_FORMAT, "%s: names none of the %zu records", path, s->records);
    /* Of a record without a group nothing is known. */
    size_t kept = 0;
    for (size_t i = 0; status == LW_OK && i < *rows; i++)
        if (lw_code_form_of(s->scratch[i].text) != LW_CODE_UNKNOWN)
            s->scratch[kept++] = s->scratch[i];
    *rows = kept;
    return status;
}

/** Note that the patients of the first `count` records in the scratch are known. */
static void mark_known(search *s, size_t count) {
    for (size_t i = 0; i < count; i++)
        s->known[s->names[s->scratch[i].at].at] = true;
}

static lw_status join_file(search *s, const char *path, lw_error *err) {
    lw_bytes bytes = {0};
    size_t rows = 0;
    group_row *listed = lw_calloc(s->records, sizeof *listed);
    lw_status status = !listed ? lw_fail_no_memory(err, path) : lw_bytes_read(path, GROUP_FILE_LIMIT, &bytes, err);
    if (status == LW_OK)
        status = read_rows(s, path, &bytes, listed, &rows, err);
    if (status == LW_OK) {
        mark_known(s, rows);
        join_equal(s, rows);
    }
    lw_bytes_free(&bytes);
    free(listed);
    return status;
}

/** Join the records of which the data set has one group. */
static void join_own(search *s) {
    size_t count = 0;
    for (size_t i = 0; i < s->records; i++) {
        const char *group = lw_dataset_group(s->dataset, s->names[i].at);
        if (*group != '\0')
            s->scratch[count++] = (keyed){.text = {group, strlen(group)}, .at = i};
    }
    mark_known(s, count);
    join_equal(s, count);
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
    search s = {.dataset = dataset,
                .records = n,
                .names = lw_calloc(n, sizeof *s.names),
                .bare = lw_calloc(n, sizeof *s.bare),
                .leader = lw_calloc(n, sizeof *s.leader),
                .scratch = lw_calloc(n, sizeof *s.scratch),
                .known = lw_calloc(n, sizeof *s.known)};
    lw_groups groups = {.records = n,
                        .by_name = lw_calloc(n, sizeof *groups.by_name),
                        .of = lw_calloc(n, sizeof *groups.of),
                        .size = lw_calloc(n, sizeof *groups.size),
                        .known = s.known};
    lw_status status = LW_OK;
    if (!s.names || !s.bare || !s.leader || !s.scratch || !groups.by_name || !groups.of || !groups.size ||
        !groups.known)
        status = lw_fail_no_memory(err, "the groups of records");
    for (size_t i = 0; status == LW_OK && i < n; i++) {
        const char *name = lw_dataset_name(dataset, i);
        s.names[i] = (keyed){.text = {name, strlen(name)}, .at = i};
        s.leader[i] = i;
    }
    if (status == LW_OK) {
        qsort(s.names, n, sizeof *s.names, compare_keyed);
        for (size_t i = 0; i < n; i++)
            s.bare[i] = (keyed){.text = bare_name(s.names[i].text.at), .at = i};
        qsort(s.bare, n, sizeof *s.bare, compare_keyed);
        for (size_t i = 0; i < n; i++)
            s.scratch[i] = (keyed){.text = {"", 0}, .hash = lw_dataset_signal_hash(dataset, s.names[i].at), .at = i};
        join_equal(&s, n);
        join_own(&s);
        status = path ? join_file(&s, path, err) : LW_OK;
    }
    if (status == LW_OK)
        write_groups(&s, &groups);
    groups.stray_count = s.stray_count;
    groups.stray_line = s.stray_line;
    free(s.names);
    free(s.bare);
    free(s.leader);
    free(s.scratch);
    if (status == LW_OK)
        *out = groups;
    else
        lw_groups_free(&groups);
    return status;
}

size_t lw_groups_count_patients(const lw_groups *groups, const size_t *index, size_t count, bool *seen) {
    size_t patients = 0;
    memset(seen, 0, groups->count * sizeof *seen);
    for (size_t i = 0; i < count; i++) {
        bool *group = &seen[groups->of[index[i]]];
        patients += groups->known[index[i]] && !*group;
        *group |= groups->known[index[i]];
    }
    return patients;
}

lw_status lw_dataset_count_groups(const lw_dataset *dataset, const char *path, lw_group_counts *out, lw_error *err) {
    lw_groups groups = {0};
    const lw_status status = lw_groups_find(dataset, path, &groups, err);
    if (status != LW_OK)
        return status;
    *out = (lw_group_counts){.stray_count = groups.stray_count, .stray_line = groups.stray_line};
    for (size_t i = 0; i < groups.records; i++)
        out->unknown_count += !groups.known[i];
    lw_groups_free(&groups);
    return LW_OK;
}
