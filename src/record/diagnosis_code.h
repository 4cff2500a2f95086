/**
 * @file diagnosis_code.h
 * What a word is where a file should have a SNOMED CT code.
 */
#ifndef LW_RECORD_DIAGNOSIS_CODE_H
#define LW_RECORD_DIAGNOSIS_CODE_H

#include "base/text.h"

typedef enum lw_code_form {
    LW_CODE_WHOLE,   /**< digits without a leading zero, 18 at most */
    LW_CODE_UNKNOWN, /**< nothing, or one of the words for it: "", "Unknown", "nan" */
    LW_CODE_NUMBER,  /**< a number that is no code: "426783006.0", "4.26783E+08", "0426783006" */
    LW_CODE_TEXT     /**< anything else */
} lw_code_form;

/** The form of `word`, which has no blanks around it. */
lw_code_form lw_code_form_of(lw_span word);

/**
 * Whether `code`, which is all digits, may be one of SNOMED CT: it has six digits or more, and the last is the check digit
 * of the others. A spreadsheet that rounds 426783006 to 426783000 breaks that, and so do separators of thousands.
 * Source: SNOMED CT Release File Specification, "Check-digit"; J. Verhoeff, "Error Detecting Decimal Codes", 1969.
 */
bool lw_code_checks(lw_span code);

#endif
