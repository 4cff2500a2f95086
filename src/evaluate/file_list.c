#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/label_set.h"

static int compare_names(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool is_wanted(DIR *folder, const char *name, const char *suffix) {
    size_t length = strlen(name), tail = strlen(suffix);
    struct stat info;
    return *name != '.' && length > tail && strcasecmp(name + length - tail, suffix) == 0 &&
           fstatat(dirfd(folder), name, &info, 0) == 0 && S_ISREG(info.st_mode);
}

lw_status lw_file_list(const char *folder, const char *suffix, lw_name_list *out, lw_error *err) {
    DIR *opened = opendir(folder);
    if (!opened)
        return lw_fail(err, LW_ERR_IO, "%s: cannot open the folder: %s", folder, strerror(errno));
    lw_status status = LW_OK;
    for (const struct dirent *entry; status == LW_OK && (entry = readdir(opened));)
        if (is_wanted(opened, entry->d_name, suffix))
            status = lw_name_list_take(out, lw_strdup(entry->d_name), err);
    closedir(opened);
    if (out->count)
        qsort(out->names, out->count, sizeof *out->names, compare_names);
    return status;
}
