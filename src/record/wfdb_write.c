/* This file writes a recording as the two files of the Challenges. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

enum { MAT_HEADER_BYTES = 24, ADC_MAX = 32767 };
#define ADC_PER_MV 1000.0

static int16_t to_adc(double mv) {
    const double adc = mv * ADC_PER_MV;
    if (isnan(adc))
        return LW_ADC_MISSING;
    return adc > ADC_MAX ? ADC_MAX : adc < -ADC_MAX ? -ADC_MAX : (int16_t)lrint(adc);
}

static void put_i32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* MATLAB v4: type 30 (little-endian int16, full), rows, columns, not complex, length of the name, the name, columns one
 * by one. */
static uint8_t *mat_bytes(const lw_record *record, size_t *length) {
    const size_t leads = record->leads, samples = record->samples;
    if (!lw_size_mul(leads * 2, samples, length) || samples > UINT32_MAX)
        return NULL;
    *length += MAT_HEADER_BYTES;
    uint8_t *bytes = lw_calloc(*length, 1);
    if (!bytes)
        return NULL;
    put_i32(bytes, 30);
    put_i32(bytes + 4, (uint32_t)leads);
    put_i32(bytes + 8, (uint32_t)samples);
    put_i32(bytes + 16, 4);
    memcpy(bytes + 20, "val", 4);
    for (size_t l = 0; l < leads; l++) {
        double mv[256];
        for (size_t t = 0, count; t < samples; t += count) {
            count = lw_record_copy_mv(record, l, t, sizeof mv / sizeof *mv, mv);
            for (size_t i = 0; i < count; i++) {
                const uint16_t adc = (uint16_t)to_adc(mv[i]);
                uint8_t *at = bytes + MAT_HEADER_BYTES + ((t + i) * leads + l) * 2;
                at[0] = (uint8_t)adc;
                at[1] = (uint8_t)(adc >> 8);
            }
        }
    }
    return bytes;
}

static void put_comments(lw_text *text, const lw_record *record) {
    static const char *const sexes[] = {"Unknown", "Female", "Male"};
    const double age = record->age_years;
    if (isnan(age))
        lw_text_puts(text, "#Age: NaN\n");
    else
        lw_text_printf(text, "#Age: %.10g\n", age);
    lw_text_printf(text, "#Sex: %s\n#Dx: ", sexes[record->sex]);
    for (size_t i = 0; i < record->code_count; i++)
        lw_text_printf(text, "%s%s", i ? "," : "", record->code[i]);
    lw_text_puts(text, "\n#Rx: Unknown\n#Hx: Unknown\n#Sx: Unknown\n");
}

/* Sums and first samples are taken from the .mat file's bytes. */
static lw_text header_text(const lw_record *record, const char *name, const uint8_t *mat) {
    lw_text text = {0};
    const size_t leads = record->leads, samples = record->samples;
    lw_text_printf(&text, "%s %zu %.15g %zu\n", name, leads, record->rate_hz, samples);
    for (size_t l = 0; l < leads; l++) {
        const uint8_t *adc = mat + MAT_HEADER_BYTES + 2 * l;
        uint16_t sum = 0;
        for (size_t t = 0; t < samples; t++)
            sum = (uint16_t)(sum + lw_little16(adc + 2 * leads * t));
        lw_text_printf(&text, "%s.mat 16+%d %g/mV 16 0 %d %d 0 %s\n", name, MAT_HEADER_BYTES, ADC_PER_MV,
                       samples ? (int16_t)lw_little16(adc) : 0, (int16_t)sum, record->lead[l].name);
    }
    put_comments(&text, record);
    return text;
}

static lw_status check_record(const lw_record *record, const char *name, lw_error *err) {
    size_t length = 0; /* of the letters that serve as a file's name and as a word of the header */
    while (isalnum((unsigned char)name[length]) || name[length] == '_' || name[length] == '-')
        length++;
    if (length < 1 || length > 100 || name[length] != '\0')
        return lw_fail(err, LW_ERR_ARGUMENT, "record name \"%.100s\", expected 1 to 100 letters, digits, '-' or '_'",
                       name);
    if (lw_record_copy_mv(record, 0, 0, 1, &(double){0}) == 0)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: has no signals to write", name);
    for (size_t l = 0; l < record->leads; l++) {
        const lw_lead *lead = &record->lead[l];
        if (!lead->voltage)
            return lw_fail(err, LW_ERR_ARGUMENT, "%s: lead %s is in \"%s\", expected a voltage", name, lead->name,
                           lead->unit);
    }
    return LW_OK;
}

/* Plain files: a set that was cut short has no complete last recording and is simply written again, so it need not wait
 * for the disk (lw_file_write), with which `synth -n 1000` took four times as long or more. */
static lw_status write_file(const char *folder, const char *name, const char *suffix, const void *data, size_t length,
                            lw_error *err) {
    lw_text path = {0};
    lw_text_printf(&path, "%s/%s%s", folder, name, suffix);
    if (path.failed) {
        lw_text_free(&path);
        return lw_fail_no_memory(err, "a path");
    }
    errno = 0;
    FILE *stream = fopen(path.data, "wb");
    bool ok = stream && fwrite(data, 1, length, stream) == length;
    if (stream && fclose(stream) != 0)
        ok = false;
    const lw_status status =
        ok ? LW_OK : lw_fail(err, LW_ERR_IO, "%s: cannot be written: %s", path.data, strerror(errno));
    lw_text_free(&path);
    return status;
}

lw_status lw_record_write_challenge(const lw_record *record, const char *folder, const char *name, lw_error *err) {
    lw_status status = check_record(record, name, err);
    if (status != LW_OK)
        return status;
    size_t length = 0;
    uint8_t *mat = mat_bytes(record, &length);
    lw_text header = {0};
    if (mat)
        header = header_text(record, name, mat);
    if (!mat || header.failed)
        status = lw_fail_no_memory(err, "the recording's bytes");
    /* The signals first: a header always finds them. */
    if (status == LW_OK)
        status = write_file(folder, name, ".mat", mat, length, err);
    if (status == LW_OK)
        status = write_file(folder, name, ".hea", header.data, header.length, err);
    lw_text_free(&header);
    free(mat);
    return status;
}
