/**
 * @file run_folder.h
 * The files of a run's folder.
 */
#ifndef LW_TRAIN_RUN_FOLDER_H
#define LW_TRAIN_RUN_FOLDER_H

#include "leadwise/leadwise.h"

#define LW_RUN_MODEL "model.safetensors"
#define LW_RUN_HISTORY "history.csv"
#define LW_RUN_FILE "run.json"

/** Remove file `name` of `folder`; fine when it is not there. @return LW_OK, LW_ERR_IO or LW_ERR_NO_MEMORY */
lw_status lw_run_folder_remove(const char *folder, const char *name, lw_error *err);

#endif
