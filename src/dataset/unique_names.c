/** @file unique_names.c: names of records made unique by their source and a number. */
#include "dataset/unique_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

/** A name and its place in the list. */
typedef struct listed_name {
    const char *name;
    size_t index;
} listed_name;

static int compare(const void *a, const void *b) {
    const listed_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order != 0)
        return order;
    return x->index < y->index ? -1 : x->index > y->index;
}

/** Another name for the record, of which this is the `occurrence`-th of its name (from 0); NULL in *out: keep it. False
 * when out of memory. */
typedef bool rename_fn(const char *name, const char *source, size_t occurrence, char **out);

static bool rename_with_source(const char *name, const char *source, size_t occurrence, char **out) {
    (void)occurrence;
    lw_text text = {0};
    lw_text_printf(&text, "%s/%s", source, name);
    *out = text.data;
    return !text.failed;
}

static bool rename_with_number(const char *name, const char *source, size_t occurrence, char **out) {
    (void)source;
    *out = NULL;
    if (occurrence == 0)
        return true;
    lw_text text = {0};
    lw_text_printf(&text, "%s#%zu", name, occurrence + 1);
    *out = text.data;
    return !text.failed;
}

/** Rename all records of one shared name, sorted[0..run). */
static bool rename_run(char **names, const char *const *sources, const listed_name *sorted, size_t run,
                       rename_fn *rename) {
    bool fine = true;
    for (size_t k = 0; fine && k < run; k++) {
        size_t i = sorted[k].index;
        char *other = NULL;
        fine = rename(names[i], sources[i], k, &other);
        if (other != NULL) {
            free(names[i]);
            names[i] = other;
        }
    }
    return fine;
}

/** One pass of `rename` over all shared names; *shared tells whether there were any. */
static bool rename_shared(char **names, const char *const *sources, size_t count, rename_fn *rename, bool *shared) {
    listed_name *sorted = lw_calloc(count, sizeof *sorted);
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (listed_name){names[i], i};
    qsort(sorted, count, sizeof *sorted, compare);
    bool fine = true;
    *shared = false;
    for (size_t first = 0, next; fine && first < count; first = next) {
        next = first + 1;
        while (next < count && strcmp(sorted[first].name, sorted[next].name) == 0)
            next++;
        if (next == first + 1)
            continue;
        *shared = true;
        fine = rename_run(names, sources, sorted + first, next - first, rename);
    }
    free(sorted);
    return fine;
}

lw_status lw_names_make_unique(char **names, const char *const *sources, size_t count, lw_error *err) {
    bool shared = count > 0;
    bool fine = count == 0 || rename_shared(names, sources, count, rename_with_source, &shared);
    /* More than one pass only where a new name "a#2" meets a record that is called so. */
    while (fine && shared)
        fine = rename_shared(names, sources, count, rename_with_number, &shared);
    return fine ? LW_OK : lw_fail_no_memory(err, "record names");
}
