/** @file folder.c: the recordings and folders in one folder. */
#include "dataset/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "record/reader.h"

lw_status lw_name_list_take(lw_name_list *list, char *name, lw_error *err) {
    if (name == NULL)
        return lw_fail_no_memory(err, "a list of names");
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        char **names = realloc(list->names, capacity * sizeof *names);
        if (names == NULL) {
            free(name);
            return lw_fail_no_memory(err, "a list of names");
        }
        list->names = names;
        list->capacity = capacity;
    }
    list->names[list->count++] = name;
    return LW_OK;
}

void lw_name_list_free(lw_name_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (lw_name_list){0};
}

/** Bytewise, so that the order does not depend on the locale. */
static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void sort_names(lw_name_list *list) {
    if (list->count > 1)
        qsort(list->names, list->count, sizeof *list->names, compare_names);
}

static lw_status take_if_listed(const char *folder, const char *name, lw_name_list *recordings, lw_error *err) {
    bool listed;
    lw_status status = lw_reader_lists(folder, name, &listed, err);
    return status == LW_OK && listed ? lw_name_list_take(recordings, lw_strdup(name), err) : status;
}

/** Put `name` where it belongs by what it is, which needs a look at it: a link, or a file system that does not tell. A
 * file that vanished since it was listed is passed over. */
static lw_status sort_unknown(const char *folder, const char *name, lw_name_list *recordings, lw_name_list *folders,
                              lw_error *err) {
    char *path = lw_path_join(folder, name);
    if (path == NULL)
        return lw_fail_no_memory(err, folder);
    struct stat info;
    lw_status status = LW_OK;
    if (lstat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            status = lw_name_list_take(folders, lw_strdup(name), err);
        else if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
            status = take_if_listed(folder, name, recordings, err);
    }
    free(path);
    return status;
}

static lw_status sort_entry(const char *folder, const struct dirent *entry, lw_name_list *recordings,
                            lw_name_list *folders, lw_error *err) {
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK)
        return sort_unknown(folder, entry->d_name, recordings, folders, err);
    if (entry->d_type == DT_DIR)
        return lw_name_list_take(folders, lw_strdup(entry->d_name), err);
    return entry->d_type == DT_REG ? take_if_listed(folder, entry->d_name, recordings, err) : LW_OK;
}

static lw_status read_entries(const char *path, lw_name_list *recordings, lw_name_list *folders, lw_error *err) {
    DIR *stream = opendir(path);
    if (stream == NULL)
        return lw_fail(err, LW_ERR_IO, "%s: cannot open the folder: %s", path, strerror(errno));
    lw_status status = LW_OK;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            if (errno != 0)
                status = lw_fail(err, LW_ERR_IO, "%s: cannot list the folder: %s", path, strerror(errno));
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        status = sort_entry(path, entry, recordings, folders, err);
        if (status != LW_OK)
            break;
    }
    closedir(stream);
    return status;
}

/** The sorted names of a folder's recordings, and which of them are a part of another. */
typedef struct listing {
    lw_name_list *names;
    bool *is_part; /* [names->count] */
} listing;

static void mark_part(void *context, const char *name) {
    const listing *it = context;
    char **found = bsearch(&name, it->names->names, it->names->count, sizeof name, compare_names);
    if (found != NULL)
        it->is_part[found - it->names->names] = true;
}

/** Remove the recordings that are a part of another one: the segments of a WFDB record. */
static lw_status remove_parts(const char *path, lw_name_list *recordings, lw_error *err) {
    listing it = {recordings, lw_calloc(recordings->count + 1, sizeof *it.is_part)};
    lw_status status = it.is_part == NULL ? lw_fail_no_memory(err, "a list of names") : LW_OK;
    size_t kept = 0;
    for (size_t i = 0; status == LW_OK && i < recordings->count; i++)
        status = lw_reader_parts(path, recordings->names[i], mark_part, &it, err);
    for (size_t i = 0; status == LW_OK && i < recordings->count; i++) {
        if (it.is_part[i])
            free(recordings->names[i]);
        else
            recordings->names[kept++] = recordings->names[i];
    }
    if (status == LW_OK)
        recordings->count = kept;
    free(it.is_part);
    return status;
}

lw_status lw_folder_list(const char *path, lw_name_list *recordings, lw_name_list *folders, lw_error *err) {
    lw_status status = read_entries(path, recordings, folders, err);
    if (status != LW_OK)
        return status;
    sort_names(recordings);
    sort_names(folders);
    return remove_parts(path, recordings, err);
}
