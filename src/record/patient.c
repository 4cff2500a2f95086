/** @file patient.c: age and sex of a person in the comments of a recording, in the forms that databases write them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record/reader.h"

static const double oldest_years = 150.0; /* PTB-XL writes 300 for everybody above 89 */

/** A comment's value as a warning names it: a short number or a letter; a person's name may stand there, or a birthday. */
typedef char lw_said[16];
static const char *said(lw_span value, lw_said out) {
    double number;
    if (value.length > 1 && (value.length > 5 || !lw_span_double(value, &number)))
        return "text that is no code";
    snprintf(out, sizeof(lw_said), "'%.*s'", (int)value.length, value.at);
    return out;
}

/** Cut what the span begins with off it, letters' case aside; false where it begins with something else. */
static bool cut(lw_span *rest, const char *start) {
    const size_t length = strlen(start);
    if (rest->length < length || !lw_span_equals_nocase((lw_span){rest->at, length}, start))
        return false;
    *rest = (lw_span){rest->at + length, rest->length - length};
    return true;
}

static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/** Cut one of these words off, also behind blanks and hyphens, where no letter follows it. */
static bool cut_word(lw_span *rest, const char *const *words, size_t *which) {
    lw_span after = *rest;
    while (after.length > 0 && strchr(" \t-", *after.at))
        after = (lw_span){after.at + 1, after.length - 1};
    for (size_t i = 0; words[i]; i++) {
        lw_span tail = after;
        if (cut(&tail, words[i]) && (tail.length == 0 || !is_letter(*tail.at))) {
            *rest = tail;
            *which = i;
            return true;
        }
    }
    return false;
}

/** The unit behind an age, in years; 1 where there is none. DICOM's form of four letters has months as "006M". */
static double cut_age_unit(lw_span *rest, size_t digits) {
    static const char *const words[] = {"years", "year", "yrs",   "yr",   "y/o", "yo", "y",    "months", "month",
                                        "mos",   "mo",   "weeks", "week", "wks", "wk", "days", "day",    NULL};
    static const char *const letters[] = {"Y", "M", "W", "D", NULL};
    static const char *const old[] = {"old", NULL};
    static const double years[] = {1.0, 1.0 / 12.0, 7.0 / 365.25, 1.0 / 365.25};
    size_t which;
    if (digits == 3 && rest->length > 0 && is_letter(*rest->at) && cut_word(rest, letters, &which))
        return years[which];
    if (!cut_word(rest, words, &which))
        return 1.0;
    const double unit = years[which < 7 ? 0 : which < 11 ? 1 : which < 15 ? 2 : 3];
    (void)cut_word(rest, old, &which);
    return unit;
}

/**
 * Cut an age in years off: "60", "60 years", "045Y", "006M", "18 months", "89+", and "> 89", which is the next whole year.
 * False where there is none.
 */
static bool cut_age(lw_span *rest, double *years) {
    lw_span at = lw_span_trim(*rest);
    const bool above = cut(&at, ">") && !cut(&at, "=");
    at = lw_span_trim(at);
    size_t length = 0;
    while (length < at.length &&
           ((at.at[length] >= '0' && at.at[length] <= '9') || (length > 0 && at.at[length] == '.')))
        length++;
    if (!lw_span_double((lw_span){at.at, length}, years))
        return false;
    at = (lw_span){at.at + length, at.length - length};
    (void)cut(&at, "+");
    const double unit = cut_age_unit(&at, length);
    *years = (above ? floor(*years) + 1.0 : *years) * unit;
    *rest = at;
    return *years <= oldest_years;
}

static bool cut_sex(lw_span *rest, lw_sex *sex) {
    static const char *const words[] = {"female", "f", "woman", "male", "m", "man", NULL};
    size_t which;
    if (!cut_word(rest, words, &which))
        return false;
    *sex = which < 3 ? LW_SEX_FEMALE : LW_SEX_MALE;
    return true;
}

/** Whether nothing follows a value but marks. */
static bool is_end(lw_span rest) {
    rest = lw_span_trim(rest);
    return rest.length == 0 || (rest.length == 1 && strchr(".,;", *rest.at));
}

static void read_age(lw_record *record, lw_span value, const char *place) {
    lw_said quoted;
    lw_span rest = value;
    double years;
    if (cut_age(&rest, &years) && is_end(rest))
        record->age_years = years;
    else
        lw_record_warn(record, "%s: age: %s, expected years from 0 to %g; it is passed over", place,
                       said(value, quoted), oldest_years);
}

static void read_sex(lw_record *record, lw_span value, const char *place) {
    lw_said quoted;
    lw_span rest = value;
    lw_sex sex;
    if (cut_sex(&rest, &sex) && is_end(rest))
        record->sex = sex;
    else
        lw_record_warn(record, "%s: sex: %s, expected Female or Male; it is passed over", place, said(value, quoted));
}

/** "69 M 1085 1629 x1" of MIT-BIH, "69/F", "69-year-old male": age and sex without words for them. A small m may be metres
 * or minutes. */
static void read_unnamed(lw_record *record, lw_span text) {
    double years;
    lw_sex sex;
    lw_span rest = text;
    if (!cut_age(&rest, &years))
        return;
    while (rest.length > 0 && strchr(" \t,/", *rest.at))
        rest = (lw_span){rest.at + 1, rest.length - 1};
    const lw_span word = rest;
    if (!cut_sex(&rest, &sex) || (rest.length > 0 && !strchr(" \t,;.", *rest.at)))
        return;
    if (word.length - rest.length == 1 && strchr("mf", *word.at))
        return;
    record->age_years = years;
    record->sex = sex;
}

/* ---- The keys of a comment */

/** What a key without its angle brackets stands for. */
static lw_comment_key find_key(lw_span key) {
    static const char *const ages[] = {"age",         "age (years)", "age [years]",   "age (yrs)", "age in years",
                                       "patient age", "patient_age", "patient's age", "age_years", NULL};
    static const char *const sexes[] = {"sex",           "gender",         "patient sex", "patient_sex",
                                        "patient's sex", "patient gender", NULL};
    static const char *const both[] = {"age/sex", "age, sex", "age and sex", NULL};
    if (key.length > 2 && key.at[0] == '<' && key.at[key.length - 1] == '>')
        key = lw_span_trim((lw_span){key.at + 1, key.length - 2});
    if (lw_span_is_one_of(key, ages))
        return LW_COMMENT_AGE;
    if (lw_span_is_one_of(key, sexes))
        return LW_COMMENT_SEX;
    if (lw_span_is_one_of(key, both))
        return LW_COMMENT_AGE_SEX;
    return lw_span_equals_nocase(key, "dx") ? LW_COMMENT_DX : LW_COMMENT_OTHER;
}

/** The length of "<word>" at the beginning of a text, angle brackets included; 0: there is none. */
static size_t bracketed(lw_span text) {
    const size_t most = text.length < 40 ? text.length : 40;
    const char *close = most > 0 && *text.at == '<' ? memchr(text.at, '>', most) : NULL;
    return close ? (size_t)(close + 1 - text.at) : 0;
}

/** Whether `text` begins with "<word>", whose colon may be missing, or with a key that is looked for and its colon. */
static bool begins_with_key(lw_span text) {
    static const char *const keys[] = {"age", "sex", "gender", "dx", NULL};
    lw_span rest = text;
    bool key = false;
    if (bracketed(text) > 0)
        return true;
    for (size_t i = 0; !key && keys[i]; i++)
        key = cut(&rest, keys[i]);
    rest = lw_span_trim(rest);
    return key && rest.length > 0 && (*rest.at == ':' || *rest.at == '=');
}

/** Whether `text` begins with a word and a colon. */
static bool begins_with_word(lw_span text) {
    size_t length = 0;
    while (length < text.length && length < 40 && is_letter(text.at[length]))
        length++;
    return length > 1 && length < text.length && text.at[length] == ':';
}

/** Cut a value off a comment: all of it up to where the next key begins, which is any word where the value is short. */
static lw_span cut_value(lw_span *rest, bool is_short) {
    size_t length = 0;
    for (; length < rest->length; length++) {
        const lw_span next = {rest->at + length, rest->length - length};
        const bool starts = length == 0 || strchr(" \t,;", rest->at[length - 1]) || *next.at == '<';
        if (starts && (begins_with_key(next) || (is_short && begins_with_word(next))))
            break;
    }
    lw_span value = lw_span_trim((lw_span){rest->at, length});
    *rest = (lw_span){rest->at + length, rest->length - length};
    while (rest->length > 0 && value.length > 0 && strchr(",;", value.at[value.length - 1]))
        value = lw_span_trim((lw_span){value.at, value.length - 1});
    return value;
}

/** Cut "key:" off a comment, "<key>" without a colon, or "key =" for a key that is looked for. */
static bool cut_key(lw_span *rest, lw_span *key) {
    const lw_span text = *rest;
    const size_t close = bracketed(text);
    size_t length = 0, marks = 1;
    while (length < text.length && text.at[length] != ':' && text.at[length] != '=')
        length++;
    if (close > 0 && (length < close || lw_span_trim((lw_span){text.at + close, length - close}).length > 0)) {
        length = close;
        marks = 0;
    }
    *key = lw_span_trim((lw_span){text.at, length});
    if (length == text.length || (text.at[length] == '=' && find_key(*key) == LW_COMMENT_OTHER))
        return false;
    *rest = (lw_span){text.at + length + marks, text.length - length - marks};
    return true;
}

/** Cut a key and its value off a comment. */
static bool cut_field(lw_span *rest, lw_span *key, lw_span *value) {
    if (!cut_key(rest, key))
        return false;
    /* Behind a key of free text, "age:" may be a word of that text. */
    static const char *const plain[] = {"id", "patient", "patient id", "subject", "subject id", NULL};
    const bool several =
        find_key(*key) != LW_COMMENT_OTHER || (key->length > 0 && *key->at == '<') || lw_span_is_one_of(*key, plain);
    *value = lw_span_trim(*rest);
    if (several)
        *value = cut_value(rest, find_key(*key) == LW_COMMENT_AGE || find_key(*key) == LW_COMMENT_SEX);
    else
        rest->length = 0;
    return true;
}

bool lw_comment_next(lw_span *rest, lw_comment_field *field) {
    lw_span key;
    *field = (lw_comment_field){LW_COMMENT_OTHER, *rest};
    if (rest->length == 0)
        return false;
    if (cut_field(rest, &key, &field->value)) {
        field->key = find_key(key);
    } else {
        field->key = LW_COMMENT_AGE_SEX;
        rest->length = 0;
    }
    return true;
}

void lw_comment_read_person(lw_record *record, const lw_comment_field *field, const char *place) {
    if (field->key == LW_COMMENT_AGE)
        read_age(record, field->value, place);
    else if (field->key == LW_COMMENT_SEX)
        read_sex(record, field->value, place);
    else if (field->key == LW_COMMENT_AGE_SEX)
        read_unnamed(record, field->value);
}
