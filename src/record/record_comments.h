/**
 * @file record_comments.h
 * Age, sex and diagnoses, as people write them into comments.
 */
#ifndef LW_RECORD_COMMENTS_H
#define LW_RECORD_COMMENTS_H

#include "base/text.h"
#include "record/record_internal.h"

/**
 * Take what a comment says about the patient into `record`: "#Age: 74", "# Age: 78", "#<age>: 79", "#Sex: F",
 * "#Dx: 59118001,426783006". Other comments are passed over. Oddities become warnings that start with `place`
 * ("A0001.hea:14").
 *
 * @param text  the comment behind its '#'
 * @return LW_OK, LW_ERR_FORMAT for more than LW_RECORD_MAX_CODES diagnoses, LW_ERR_NO_MEMORY
 * Source: the headers of the Challenges of 2020 and 2021, of LUDB and of PTB.
 */
lw_status lw_record_comment(lw_record *record, lw_span text, const char *place, lw_error *err);

#endif
