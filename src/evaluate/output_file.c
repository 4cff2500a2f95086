/** @file output_file.c: the Challenge's output files, checked or exactly as the official scripts read them. */
#include "evaluate/folders.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/reader.h"

enum { CODES, DECISIONS, SCORES, LINES };

static const char *const line_contents[LINES] = {"codes", "decisions", "scores"};

/* One of the three lines. */
typedef struct numbered_line {
    size_t number; /* in the file, from 1 */
    lw_span text;
} numbered_line;

void lw_challenge_free(lw_challenge_output *output) {
    free(output->columns);
    *output = (lw_challenge_output){0};
}

void lw_note(const lw_notes *notes, const char *format, ...) {
    if (!notes->note)
        return;
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    lw_make_printable(sentence);
    notes->note(notes->context, sentence);
}

static bool is_one_of(lw_span text, const char *const *words) {
    for (; *words; words++)
        if (lw_span_equals(text, *words))
            return true;
    return false;
}

bool lw_challenge_score(lw_span text, double *score) {
    if (lw_span_double(text, score))
        return true;
    bool negative = text.length && *text.at == '-';
    if (text.length && (*text.at == '-' || *text.at == '+'))
        text = (lw_span){text.at + 1, text.length - 1};
    if (lw_span_equals_nocase(text, "nan"))
        *score = NAN;
    else if (lw_span_equals_nocase(text, "inf") || lw_span_equals_nocase(text, "infinity"))
        *score = negative ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

bool lw_challenge_is_positive(int year, lw_span text) {
    static const char *const words[] = {"1", "True", "true", "T", "t", NULL};
    double value;
    return is_one_of(text, words) || (year != 2020 && lw_span_double(text, &value) && value == 1);
}

/* Whether it is a negative decision: a word or a number 0. Spreadsheets write an empty field for one. */
static bool is_negative(lw_span text) {
    static const char *const words[] = {"", "0", "False", "false", "F", "f", NULL};
    double value;
    return is_one_of(text, words) || (lw_span_double(text, &value) && value == 0);
}

static size_t count_fields(lw_span line, char separator) {
    size_t count = 0;
    for (lw_span field; lw_span_field(&line, separator, &field);)
        count++;
    return count;
}

/** What separates the codes of a line: a comma, or where it has none a semicolon or a tab, as spreadsheets write. */
static char separator_of(lw_span codes) {
    static const char separators[] = ",;\t";
    for (const char *separator = separators; *separator; separator++)
        if (codes.length > 0 && memchr(codes.at, *separator, codes.length))
            return *separator;
    return ',';
}

/* Finds the three lines, of as many fields, between blanks and comments. All three may be blank: an output without any
 * class. */
static lw_status find_lines(const char *shown, lw_span file, const lw_notes *notes, numbered_line lines[LINES],
                            lw_error *err) {
    const char *cursor = file.at, *end = cursor + file.length;
    size_t number = 0, found = 0;
    for (lw_span line; file.length && lw_span_line(&cursor, end, &line);) {
        number++;
        lw_span text = lw_span_trim(line);
        if (text.length == 0 || *text.at == '#')
            continue;
        if (found == LINES) {
            lw_note(notes, "%s:%zu: a line after the scores is ignored", shown, number);
            break;
        }
        lines[found++] = (numbered_line){number, line};
    }
    if (found == 0 && number > LINES) {
        lw_note(notes, "%s:2: no class; the record counts as all negative", shown);
        return LW_OK;
    }
    if (found < LINES)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: the file ends, expected a line of %s", shown, number + 1,
                       line_contents[found]);
    if (lines[CODES].number != 2 || lines[SCORES].number != 4)
        lw_note(notes, "%s:%zu: expected the codes in line 2, after a line \"#record\"", shown, lines[CODES].number);
    const char separator = separator_of(lines[CODES].text);
    const size_t expected = count_fields(lines[CODES].text, separator);
    for (size_t i = DECISIONS; i < LINES; i++)
        if (count_fields(lines[i].text, separator) != expected)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu %s for %zu codes", shown, lines[i].number,
                           count_fields(lines[i].text, separator), line_contents[i], expected);
    return LW_OK;
}

static lw_status allocate_columns(size_t count, lw_challenge_output *out, lw_error *err) {
    out->columns = lw_calloc(count ? count : 1, sizeof *out->columns);
    if (!out->columns)
        return lw_fail_no_memory(err, "an output file");
    out->count = count;
    return LW_OK;
}

static lw_span next_field(lw_span *rest, char separator) {
    lw_span field = {"", 0};
    (void)lw_span_field(rest, separator, &field);
    return lw_span_trim(field);
}

/** The same, without quotes around it. */
static lw_span next_unquoted(lw_span *rest, char separator) {
    const lw_span field = next_field(rest, separator);
    const bool quoted =
        field.length >= 2 && (field.at[0] == '"' || field.at[0] == '\'') && field.at[field.length - 1] == field.at[0];
    return quoted ? lw_span_trim((lw_span){field.at + 1, field.length - 2}) : field;
}

static lw_status parse_decisions(const char *shown, int year, numbered_line line, char separator, const lw_notes *notes,
                                 const lw_challenge_output *out, lw_error *err) {
    for (size_t i = 0; i < out->count; i++) {
        lw_span text = next_unquoted(&line.text, separator);
        out->columns[i].positive = lw_challenge_is_positive(year, text);
        if (out->columns[i].positive || is_negative(text))
            continue;
        /* 2020's script compares texts, so its "1.0" is not "1". */
        if (!lw_challenge_is_positive(2021, text))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: decision \"%.*s\" in column %zu, expected 0 or 1", shown,
                           line.number, (int)(text.length < 40 ? text.length : 40), text.at, i + 1);
        lw_note(notes, "%s:%zu: decision \"%.*s\" in column %zu counts as 0 in 2020", shown, line.number,
                (int)text.length, text.at, i + 1);
    }
    return LW_OK;
}

/** A score, also with a decimal comma, which cannot stand where commas separate. */
static bool parse_score(lw_span text, double *score) {
    char copy[64];
    const char *comma = text.length > 0 && text.length < sizeof copy ? memchr(text.at, ',', text.length) : NULL;
    if (!comma)
        return lw_challenge_score(text, score);
    memcpy(copy, text.at, text.length);
    copy[comma - text.at] = '.';
    return lw_challenge_score((lw_span){copy, text.length}, score);
}

static lw_status parse_scores(const char *shown, numbered_line line, char separator, const lw_notes *notes,
                              const lw_challenge_output *out, lw_error *err) {
    size_t not_finite = 0;
    for (size_t i = 0; i < out->count; i++) {
        lw_span text = next_unquoted(&line.text, separator);
        if (!parse_score(text, &out->columns[i].score))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: score \"%.*s\" in column %zu is not a number", shown,
                           line.number, (int)(text.length < 40 ? text.length : 40), text.at, i + 1);
        not_finite += isfinite(out->columns[i].score) ? 0 : 1;
    }
    if (not_finite)
        lw_note(notes, "%s:%zu: %zu of %zu scores are not finite", shown, line.number, not_finite, out->count);
    return LW_OK;
}

lw_status lw_challenge_parse(const char *shown, int year, lw_bytes bytes, const lw_notes *notes,
                             lw_challenge_output *out, lw_error *err) {
    numbered_line lines[LINES] = {{2, {"", 0}}, {3, {"", 0}}, {4, {"", 0}}};
    const lw_span text = lw_without_byte_order_mark((lw_span){(const char *)bytes.data, bytes.length});
    lw_status status = find_lines(shown, text, notes, lines, err);
    const char separator = separator_of(lines[CODES].text);
    if (status == LW_OK)
        status = allocate_columns(count_fields(lines[CODES].text, separator), out, err);
    for (size_t i = 0; status == LW_OK && i < out->count; i++)
        out->columns[i].name = next_unquoted(&lines[CODES].text, separator);
    out->codes_line = lines[CODES].number;
    if (status == LW_OK)
        status = parse_decisions(shown, year, lines[DECISIONS], separator, notes, out, err);
    if (status == LW_OK)
        status = parse_scores(shown, lines[SCORES], separator, notes, out, err);
    return status;
}

/*
 * The lines that the script of `year` takes; returns how many there are. 2020 drops blank and '#' lines, and takes none
 * where fields differ in number or three lines are not left; 2021 takes the second to fourth line, whatever they hold.
 */
static size_t official_lines(int year, lw_bytes bytes, lw_span lines[LINES]) {
    const char *cursor = (const char *)bytes.data, *end = cursor + bytes.length;
    size_t number = 0, found = 0;
    for (lw_span line; bytes.length && lw_span_line(&cursor, end, &line);) {
        const lw_span text = lw_span_trim(line);
        number++;
        if (year == 2020 ? text.length == 0 || *text.at == '#' : number == 1)
            continue;
        if (year == 2020 && found && count_fields(line, ',') != count_fields(lines[CODES], ','))
            return 0;
        if (found < LINES)
            lines[found++] = line;
    }
    return year == 2020 && found < LINES ? 0 : found;
}

lw_status lw_challenge_parse_official(const char *shown, int year, lw_bytes bytes, lw_challenge_output *out,
                                      lw_error *err) {
    lw_span lines[LINES] = {{"", 0}, {"", 0}, {"", 0}};
    const size_t found = official_lines(year, bytes, lines);
    if (year == 2020 && found == 0)
        return LW_OK;
    if (found < LINES)
        return lw_fail(err, LW_ERR_FORMAT, "%s: the official script stops here: there is no line of %s", shown,
                       line_contents[found]);
    lw_status status = allocate_columns(count_fields(lines[CODES], ','), out, err);
    if (status != LW_OK)
        return status;
    size_t decisions = count_fields(lines[DECISIONS], ','), scores = count_fields(lines[SCORES], ',');
    for (size_t i = 0; i < out->count; i++) {
        lw_challenge_column *column = &out->columns[i];
        column->name = next_field(&lines[CODES], ',');
        /* An empty line is one empty field to the script. */
        column->missing = i >= (decisions ? decisions : 1) || i >= (scores ? scores : 1);
        column->positive = lw_challenge_is_positive(year, next_field(&lines[DECISIONS], ','));
        if (!lw_challenge_score(next_field(&lines[SCORES], ','), &column->score))
            column->score = 0;
    }
    return LW_OK;
}
