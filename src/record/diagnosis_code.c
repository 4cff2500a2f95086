/** @file diagnosis_code.c: what a word is where a file should have a SNOMED CT code. */
#include "record/diagnosis_code.h"

#include <string.h>

enum { CODE_DIGITS_MIN = 6, CODE_DIGITS_MAX = 18 };

static bool all_digits(lw_span word) {
    for (size_t i = 0; i < word.length; i++)
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
    return word.length > 0;
}

static bool is_unknown(lw_span word) {
    static const char *const words[] = {"", "unknown", "nan", "n/a", "na", "none", "(none)", "null", "-", "?", NULL};
    for (const char *const *known = words; *known; known++)
        if (lw_span_equals_nocase(word, *known))
            return true;
    return false;
}

lw_code_form lw_code_form_of(lw_span word) {
    double value;
    if (is_unknown(word))
        return LW_CODE_UNKNOWN;
    if (all_digits(word) && word.length <= CODE_DIGITS_MAX && (word.at[0] != '0' || word.length == 1))
        return LW_CODE_WHOLE;
    return all_digits(word) || lw_span_double(word, &value) ? LW_CODE_NUMBER : LW_CODE_TEXT;
}

/* Verhoeff's tables: the product of two digits in the dihedral group of order ten, and the permutation of a digit at each
 * place from the right, which repeats after eight. */
static const char product[10][11] = {"0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
                                     "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"};
static const char permutation[8][11] = {"0123456789", "1576283094", "5803796142", "8916043527",
                                        "9453126870", "4286573901", "2793806415", "7046913258"};

bool lw_code_checks(lw_span code) {
    int check = 0;
    if (code.length < CODE_DIGITS_MIN)
        return false;
    for (size_t i = 0; i < code.length; i++) {
        const int digit = code.at[code.length - 1 - i] - '0';
        check = product[check][permutation[i % 8][digit] - '0'] - '0';
    }
    return check == 0;
}
