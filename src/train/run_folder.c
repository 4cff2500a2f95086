#include "train/run_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

lw_status lw_run_folder_remove(const char *folder, const char *name, lw_error *err) {
    char *path = lw_path_join(folder, name);
    if (path == NULL)
        return lw_fail_no_memory(err, "a path");
    lw_status status = LW_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        status = lw_fail(err, LW_ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
    free(path);
    return status;
}
