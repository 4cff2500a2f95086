/* This file lists the recordings and folders in one folder. */
#include "dataset/record_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "record/reader.h"

lw_status lw_name_list_take(lw_name_list *list, char *name, lw_error *err) {
    char **names = name ? lw_grow(list->names, list->count, &list->capacity, sizeof *names) : NULL;
    if (!names) {
        free(name);
        return lw_fail_no_memory(err, "a list of names");
    }
    list->names = names;
    list->names[list->count++] = name;
    return LW_OK;
}

void lw_name_list_free(lw_name_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (lw_name_list){0};
}

/** Whether a folder's entry is passed over: what is hidden (macOS leaves ._A0001.hea beside A0001.hea, and git its
 * objects), what macOS adds to archives, and labels. */
static bool is_passed_over(const char *name) {
    return *name == '.' || strcmp(name, "__MACOSX") == 0 || strcasecmp(name, LW_LABEL_FILE_NAME) == 0;
}

/** Add an entry to the list of its kind. A link, and an entry of a file system that gives no kinds, costs a stat. What has
 * the name of a recording and is no file, as a link whose file is gone, is listed: reading it says so. A link to a folder
 * is left out, for it may lead to a loop, and so is what vanished since it was listed. */
static lw_status sort_entry(const char *folder, const struct dirent *entry, lw_name_list *recordings,
                            lw_name_list *folders, lw_error *err) {
    bool is_folder = entry->d_type == DT_DIR, is_left_out = false;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
        char *path = lw_path_join(folder, entry->d_name);
        struct stat info;
        if (!path)
            return lw_fail_no_memory(err, folder);
        const bool there = lstat(path, &info) == 0;
        const lw_status status =
            there || errno == ENOENT ? LW_OK : lw_fail(err, LW_ERR_IO, "%s: cannot examine: %s", path, strerror(errno));
        is_folder = there && S_ISDIR(info.st_mode);
        is_left_out = !there || (!is_folder && stat(path, &info) == 0 && S_ISDIR(info.st_mode));
        free(path);
        if (status != LW_OK)
            return status;
    }
    if (is_folder)
        return lw_name_list_take(folders, lw_strdup(entry->d_name), err);
    bool listed = false;
    lw_status status = is_left_out ? LW_OK : lw_reader_lists(folder, entry->d_name, &listed, err);
    return status == LW_OK && listed ? lw_name_list_take(recordings, lw_strdup(entry->d_name), err) : status;
}

static lw_status read_entries(const char *path, lw_name_list *recordings, lw_name_list *folders, lw_error *err) {
    DIR *stream = opendir(path);
    if (!stream)
        return lw_fail(err, LW_ERR_IO, "%s: cannot open the folder: %s", path, strerror(errno));
    lw_status status = LW_OK;
    const struct dirent *entry;
    while (status == LW_OK && (errno = 0, entry = readdir(stream)))
        if (!is_passed_over(entry->d_name))
            status = sort_entry(path, entry, recordings, folders, err);
    if (status == LW_OK && errno != 0)
        status = lw_fail(err, LW_ERR_IO, "%s: cannot list the folder: %s", path, strerror(errno));
    closedir(stream);
    return status;
}

/** The sorted names of a folder's recordings, and which of them are a part of another. */
typedef struct listing {
    lw_name_list *names;
    bool *is_part;       /* [names->count] */
    const char **folded; /* [names->count] the names in an order without regard to letters' case */
} listing;

static int compare_nocase(const void *a, const void *b) {
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static void mark(const listing *it, const char *name) {
    char **found = bsearch(&name, it->names->names, it->names->count, sizeof name, lw_compare_strings);
    if (found)
        it->is_part[found - it->names->names] = true;
}

/** The file of a part is found as lw_source_open_folder says. */
static void mark_part(void *context, const char *name) {
    const listing *it = context;
    const char **found = bsearch(&name, it->folded, it->names->count, sizeof name, compare_nocase);
    if (!bsearch(&name, it->names->names, it->names->count, sizeof name, lw_compare_strings) && found)
        name = *found;
    mark(it, name);
}

/** Mark a file whose record stands there in a format that comes earlier in the table: A0001.csv beside A0001.hea. */
static lw_status mark_copy(const listing *it, const char *name, lw_error *err) {
    const size_t rank = lw_reader_rank(name), stem = lw_reader_stem(name);
    for (size_t i = 0; rank > 0 && lw_reader_suffix(i); i++) {
        lw_text other = {0};
        lw_text_printf(&other, "%.*s%s", (int)stem, name, lw_reader_suffix(i));
        const bool earlier = !other.failed && lw_reader_rank(other.data) < rank;
        if (earlier && bsearch(&other.data, it->folded, it->names->count, sizeof other.data, compare_nocase))
            mark(it, name);
        const bool failed = other.failed;
        lw_text_free(&other);
        if (failed)
            return lw_fail_no_memory(err, "a name");
    }
    return LW_OK;
}

/** Remove the recordings that are a part of another one, as the segments of a WFDB record, or a copy of it. */
static lw_status remove_parts(const char *path, lw_name_list *recordings, lw_error *err) {
    const size_t count = recordings->count;
    listing it = {recordings, lw_calloc(count + 1, sizeof *it.is_part), lw_calloc(count + 1, sizeof *it.folded)};
    lw_status status = it.is_part && it.folded ? LW_OK : lw_fail_no_memory(err, "a list of names");
    size_t kept = 0;
    for (size_t i = 0; status == LW_OK && i < count; i++)
        it.folded[i] = recordings->names[i];
    if (status == LW_OK && count > 1)
        qsort(it.folded, count, sizeof *it.folded, compare_nocase);
    for (size_t i = 0; status == LW_OK && i < count; i++) {
        status = mark_copy(&it, recordings->names[i], err);
        if (status == LW_OK)
            status = lw_reader_parts(path, recordings->names[i], mark_part, &it, err);
    }
    for (size_t i = 0; status == LW_OK && i < count; i++)
        if (it.is_part[i])
            free(recordings->names[i]);
        else
            recordings->names[kept++] = recordings->names[i];
    if (status == LW_OK)
        recordings->count = kept;
    free(it.is_part);
    free(it.folded);
    return status;
}

lw_status lw_folder_list(const char *path, lw_name_list *recordings, lw_name_list *folders, lw_error *err) {
    lw_status status = read_entries(path, recordings, folders, err);
    if (status != LW_OK)
        return status;
    if (recordings->count > 1)
        qsort(recordings->names, recordings->count, sizeof *recordings->names, lw_compare_strings);
    if (folders->count > 1)
        qsort(folders->names, folders->count, sizeof *folders->names, lw_compare_strings);
    return remove_parts(path, recordings, err);
}
