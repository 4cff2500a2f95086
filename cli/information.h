/**
 * @file information.h
 * Files described as JSON documents, which `info` prints as they are or as text.
 */
#ifndef LEADWISE_CLI_INFORMATION_H
#define LEADWISE_CLI_INFORMATION_H

#include <jansson.h>

#include "leadwise/record.h"

/* Each fills *document (json_decref it), or returns the library's status with its sentence. */
lw_status cli_describe_record(const char *path, const lw_record_options *options, json_t **document, lw_error *err);
lw_status cli_describe_prepared(const char *path, json_t **document, lw_error *err);
lw_status cli_describe_model(const char *path, json_t **document, lw_error *err);

#endif
