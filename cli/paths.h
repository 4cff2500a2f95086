/**
 * @file paths.h
 * Paths of the command line, text files and folders.
 */
#ifndef LEADWISE_CLI_PATHS_H
#define LEADWISE_CLI_PATHS_H

#include "messages.h"

/** The paths of `operands`; "-" (once) stands for the lines of standard input, without which the program ends.
 * cli_strings_free them. */
cli_strings cli_paths_read(const char *const *operands, size_t count);

/** Standard input, taken a line at a time as it comes. Zero-initialise; cli_lines_free it. */
typedef struct cli_lines {
    char *text; /**< [length] what came behind the last whole line */
    size_t length, capacity;
    bool ended;
    int failed; /**< errno of the read that failed, 0: none */
} cli_lines;

/**
 * Wait for a whole line, or the end, and add all lines that have come, but empty ones.
 * @return false past the end, and where reading failed
 */
bool cli_lines_read(cli_lines *lines, cli_strings *out);
void cli_lines_free(cli_lines *lines);

typedef enum cli_file_kind { CLI_FILE_RECORD, CLI_FILE_MODEL, CLI_FILE_PREPARED } cli_file_kind;
/**
 * What the file is by its first bytes; folders, missing files and all that is not safetensors, by bytes or by name,
 * count as RECORD.
 * @return LW_OK, or LW_ERR_IO where a file that is called safetensors is there and cannot be read
 */
lw_status cli_file_kind_of(const char *path, cli_file_kind *kind, lw_error *err);

/** Create a folder and its parents; LW_ERR_IO with a sentence when that fails. */
lw_status cli_folder_create(const char *path, lw_error *err);
/**
 * Lock a folder that is there until the program ends: CLI_EXIT_OK, or CLI_EXIT_IO after a sentence that names the process
 * which holds it.
 */
int cli_folder_lock(const char *path);
bool cli_file_exists(const char *path);
bool cli_is_folder(const char *path);
/** Whether something is there that is no regular file: a pipe, a device or a folder. */
bool cli_is_special(const char *path);
/** The folders among the paths, borrowed, into folders[paths->count]; how many. */
size_t cli_paths_folders(const cli_strings *paths, const char **folders);
/** Write a text file, which appears when it is complete; LW_ERR_IO or LW_ERR_NO_MEMORY with a sentence. */
lw_status cli_file_write(const char *path, const char *text, lw_error *err);
/** Append to a text file, an empty line between what is there and `text`; LW_ERR_IO with a sentence. */
lw_status cli_file_append(const char *path, const char *text, lw_error *err);
/** The last component of `path`, slashes at its end aside. free() it. */
char *cli_path_name(const char *path);

/** Create an empty folder below TMPDIR or /tmp; cli_scratch_remove it. LW_ERR_IO with a sentence. */
lw_status cli_scratch_create(char **folder, lw_error *err);
/** Remove the folder with all that is in it; NULL is fine. */
void cli_scratch_remove(char **folder);

#endif
