/**
 * @file test_wfdb_formats.c
 * Every storage format: samples are written here as signal(5) describes it, then read back.
 */
#include "record_support.h"

#ifdef LEADWISE_HAVE_FLAC
#include <FLAC/stream_encoder.h>
#endif

enum { MOST_BYTES = 1 << 17 };

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/** Put the low `bits` bits of `value` at bit `at` of a little-endian stream. */
static void put_bits(uint8_t *bytes, size_t at, unsigned bits, int32_t value) {
    for (unsigned i = 0; i < bits; i++)
        if ((uint32_t)value >> i & 1)
            bytes[(at + i) / 8] |= (uint8_t)(1U << (at + i) % 8);
}

/** Write `count` samples; returns the bytes that they take. `bytes` is zeroed. */
static size_t encode(int format, const int32_t *x, size_t count, uint8_t *bytes) {
    size_t i;
    switch (format) {
    case 16:
    case 24:
    case 32:
        for (i = 0; i < count; i++)
            put_bits(bytes, i * (size_t)format, (unsigned)format, x[i]);
        return count * (size_t)format / 8;
    case 61:
        for (i = 0; i < count; i++) {
            put_bits(bytes, i * 16, 8, x[i] >> 8);
            put_bits(bytes, i * 16 + 8, 8, x[i]);
        }
        return count * 2;
    case 80:
        for (i = 0; i < count; i++)
            bytes[i] = (uint8_t)(x[i] + 128);
        return count;
    case 160:
        for (i = 0; i < count; i++)
            put_bits(bytes, i * 16, 16, x[i] + 32768);
        return count * 2;
    case 212: /* first: byte 0 and low nibble of byte 1; second: high nibble of byte 1, then byte 2 */
        for (i = 0; i < count; i++) {
            size_t base = i / 2 * 24;
            put_bits(bytes, base + (i % 2 ? 16 : 0), 8, x[i]);
            put_bits(bytes, base + (i % 2 ? 12 : 8), 4, x[i] >> 8);
        }
        return count / 2 * 3 + count % 2 * 2;
    case 310: /* bits 1-10 of two words; the third sample's low half in the first word's bits 11-15 */
        for (i = 0; i < count; i++) {
            size_t base = i / 3 * 32;
            if (i % 3 < 2) {
                put_bits(bytes, base + i % 3 * 16 + 1, 10, x[i]);
            } else {
                put_bits(bytes, base + 11, 5, x[i]);
                put_bits(bytes, base + 16 + 11, 5, x[i] >> 5);
            }
        }
        return count / 3 * 4 + count % 3 * 2;
    default:
        assert_int_equal(format, 311);
        for (i = 0; i < count; i++)
            put_bits(bytes, i / 3 * 32 + i % 3 * 10, 10, x[i]);
        return count / 3 * 4 + (count % 3 ? count % 3 + 1 : 0);
    }
}

static const struct {
    int number, bits;
} formats[] = {{16, 16}, {24, 24}, {32, 32}, {61, 16}, {80, 8}, {160, 16}, {212, 12}, {310, 10}, {311, 10}};

static int32_t random_sample(uint32_t *state, int bits) {
    uint32_t wide = next_random(state) << 16 ^ next_random(state);
    return (int32_t)wide >> (32 - bits);
}

static int32_t invalid_code(int bits) { return bits == 32 ? INT32_MIN : -(1 << (bits - 1)); }

/** `leads` interleaved signals of `frames` frames behind `offset` bytes, every tenth sample invalid. */
static void check_round_trip(int format, int bits, size_t leads, size_t frames, size_t offset, bool say_length) {
    static uint8_t bytes[MOST_BYTES];
    static int32_t x[MOST_BYTES / 4];
    char header[4096], length[32] = "";
    uint32_t state = (uint32_t)(format * 1000 + (int)leads);
    size_t count = leads * frames;
    memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        x[i] = i % 10 == 9 ? invalid_code(bits) : random_sample(&state, bits);
    size_t used = offset + encode(format, x, count, bytes + offset);
    if (say_length)
        snprintf(length, sizeof length, " %zu", frames);
    size_t at = (size_t)snprintf(header, sizeof header, "x %zu 500%s\n", leads, length);
    for (size_t s = 0; s < leads; s++) {
        uint32_t sum = 0;
        for (size_t f = 0; f < frames; f++)
            sum += (uint32_t)x[f * leads + s];
        at += (size_t)snprintf(header + at, sizeof header - at, "x.dat %d+%zu 100(7)/mV %d 0 %d %d 0 lead %zu\n",
                               format, offset, bits, x[s], (int16_t)(sum & 0xFFFF), s);
    }
    /* A copy of exactly this size lets the sanitisers see a read behind the end. */
    uint8_t *exact = malloc(used);
    assert_non_null(exact);
    memcpy(exact, bytes, used);
    lw_record *r = lwt_record("x.hea", header, exact, used);
    assert_int_equal(lwt_warning_count(r), 0);
    assert_int_equal(lw_record_sample_count(r), frames);
    for (size_t s = 0; s < leads; s++) {
        size_t missing = 0;
        for (size_t f = 0; f < frames; f++) {
            int32_t sample = x[f * leads + s];
            bool invalid = sample == invalid_code(bits);
            double expected = invalid ? NAN : ((double)sample - 7) / 100;
            missing += invalid;
            lwt_assert_close(lwt_sample_mv(r, s, f), expected, 0, 1e-15);
        }
        assert_int_equal(lw_record_lead(r, s)->missing_count, missing);
        assert_int_equal(lw_record_lead(r, s)->checksum, LW_CHECKSUM_GOOD);
    }
    lw_record_free(&r);
    free(exact);
    if (used > offset) {
        snprintf(length, sizeof length, "%zu", used);
        at = (size_t)snprintf(header, sizeof header, "x %zu 500 %zu\n", leads, frames);
        for (size_t s = 0; s < leads; s++)
            at += (size_t)snprintf(header + at, sizeof header - at, "x.dat %d+%zu\n", format, offset);
        lwt_parse_fails("x.hea", header, bytes, used - 1, LW_ERR_FORMAT, length); /* one byte short */
    }
}

static void every_format_is_read_as_it_was_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        for (size_t leads = 1; leads <= 13; leads += leads < 4 ? 1 : 9) {
            for (size_t frames = 1; frames <= 14; frames++)
                check_round_trip(formats[i].number, formats[i].bits, leads, frames, 0, true);
            check_round_trip(formats[i].number, formats[i].bits, leads, 1500, 24, true);
        }
}

static void the_file_gives_the_length(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        for (size_t frames = 1; frames < 8; frames++)
            if (formats[i].number != 310 || frames % 3 < 2) /* two samples of 310 take as many bytes as three */
                check_round_trip(formats[i].number, formats[i].bits, 1, frames, 3, false);
}

/* Format 8 of two signals: each keeps its own running sum, which starts at the initial value. */
static void differences_are_summed_signal_by_signal(void **state) {
    (void)state;
    static const int8_t steps[] = {0, 5, 127, -128, -3, 4, 1, 1};
    lw_record *r = lwt_record("x.hea", "x 2 500 4\nx.dat 8 1/mV 12 0 100 776 0 I\nx.dat 8 1/mV 12 0 -50 -555 0 II\n",
                              steps, sizeof steps);
    static const double expected[2][4] = {{100, 227, 224, 225}, {-45, -173, -169, -168}};
    for (size_t s = 0; s < 2; s++)
        for (size_t t = 0; t < 4; t++)
            assert_true(lwt_sample_mv(r, s, t) == expected[s][t]);
    assert_int_equal(lw_record_lead(r, 0)->checksum, LW_CHECKSUM_GOOD);
    assert_int_equal(lw_record_lead(r, 1)->checksum, LW_CHECKSUM_GOOD);
    assert_int_equal(lwt_warning_count(r), 0);
    lw_record_free(&r);
}

/* Frames of 4 + 1 + 3 samples: the lower rates are held as rdsamp -H does, sample (spf * k) / 4. */
static void lower_rates_are_held(void **state) {
    (void)state;
    enum { FRAMES = 5000 };
    static int16_t x[FRAMES][8];
    for (int f = 0; f < FRAMES; f++)
        for (int j = 0; j < 8; j++)
            x[f][j] = (int16_t)((f * 8 + j) % 30000);
    lw_record *r = lwt_record("x.hea", "x 3 125 5000\nx.dat 16x4 1\nx.dat 16 1\nx.dat 16x3 1\n", x, sizeof x);
    assert_true(lw_record_rate_hz(r) == 500.0);
    assert_int_equal(lw_record_sample_count(r), 4 * FRAMES);
    assert_true(lw_record_lead(r, 0)->rate_hz == 500.0 && lw_record_lead(r, 1)->rate_hz == 125.0 &&
                lw_record_lead(r, 2)->rate_hz == 375.0);
    static const int third[4] = {0, 0, 1, 2};
    for (size_t f = 0; f < FRAMES; f++)
        for (size_t k = 0; k < 4; k++) {
            assert_true(lwt_sample_mv(r, 0, 4 * f + k) == x[f][k]);
            assert_true(lwt_sample_mv(r, 1, 4 * f + k) == x[f][4]);
            assert_true(lwt_sample_mv(r, 2, 4 * f + k) == x[f][5 + third[k]]);
        }
    lw_record_free(&r);
}

/* A signal that is written `skew` frames late; frames behind the recording's length belong to it where there are any.
 */
static void a_skewed_signal_is_moved_back(void **state) {
    (void)state;
    enum { FRAMES = 10000, SKEW = 4097 };
    static int16_t x[FRAMES + 2][2];
    for (int f = 0; f < FRAMES + 2; f++) {
        x[f][0] = (int16_t)(f % 30000);
        x[f][1] = (int16_t)(-f % 30000);
    }
    lw_record *r = lwt_record("x.hea", "x 2 500 10000\nx.dat 16 1\nx.dat 16:4097 1\n", x, sizeof x);
    for (size_t f = 0; f < FRAMES; f++) {
        assert_true(lwt_sample_mv(r, 0, f) == (double)f);
        lwt_assert_close(lwt_sample_mv(r, 1, f), f + SKEW < FRAMES + 2 ? -(double)(f + SKEW) : NAN, 0, 0);
    }
    lw_record_free(&r);
}

static void signals_come_from_several_files(void **state) {
    (void)state;
    static const int16_t one[3] = {1, 2, 3};
    static const uint8_t two[3] = {128, 129, 0};
    const char *header = "x 3 500 3\na.dat 16 1\n~ 0\nb.dat 80 1\n";
    lw_record_file files[] = {{"x.hea", header, strlen(header)}, {"b.dat", two, 3}, {"a.dat", one, 6}};
    lw_record *r = NULL;
    lw_error err;
    lwt_assert_ok(lw_record_parse(files, 3, NULL, &r, &err), &err);
    assert_true(lwt_sample_mv(r, 0, 2) == 3.0);
    assert_true(isnan(lwt_sample_mv(r, 1, 2)));
    assert_true(lwt_sample_mv(r, 2, 1) == 1.0 && isnan(lwt_sample_mv(r, 2, 2)));
    lw_record_free(&r);
    lwt_assert_ok(lw_record_parse(files, 2, NULL, &r, &err), &err); /* a.dat is not there */
    assert_true(lwt_warned(r, "x.hea:2: file a.dat is not there"));
    assert_int_equal(lw_record_lead(r, 0)->missing_count, 3);
    assert_true(lwt_sample_mv(r, 2, 1) == 1.0);
    lw_record_free(&r);
}

static void a_matlab_header_that_contradicts_is_warned_about(void **state) {
    (void)state;
    int32_t words[5] = {30, 2, 4, 0, 4};
    uint8_t bytes[24 + sizeof lwt_two_signals];
    const char *header = "x 2 500 4\nx.mat 16+24\nx.mat 16+24\n";
    for (int wrong = 0; wrong < 4; wrong++) {
        int32_t changed[5];
        memcpy(changed, words, sizeof words);
        if (wrong > 0)
            changed[wrong - 1]++;
        memcpy(bytes, changed, sizeof changed);
        memcpy(bytes + 20, "val", 4);
        memcpy(bytes + 24, lwt_two_signals, sizeof lwt_two_signals);
        lw_record_file files[] = {{"x.hea", header, strlen(header)}, {"x.mat", bytes, sizeof bytes}};
        lw_record *r = NULL;
        lw_error err;
        lwt_assert_ok(lw_record_parse(files, 2, NULL, &r, &err), &err);
        assert_int_equal(lwt_warned(r, "x.hea:2: x.mat is a MATLAB v4 matrix"), wrong > 0);
        assert_true(lwt_sample_mv(r, 1, 3) == -8.0 / 200);
        lw_record_free(&r);
    }
}

#ifdef LEADWISE_HAVE_FLAC
typedef struct flac_file {
    uint8_t bytes[MOST_BYTES];
    size_t length, at;
} flac_file;

static FLAC__StreamEncoderWriteStatus flac_write(const FLAC__StreamEncoder *encoder, const FLAC__byte data[],
                                                 size_t count, uint32_t samples, uint32_t frame, void *client) {
    (void)encoder, (void)samples, (void)frame;
    flac_file *file = client;
    assert_true(file->at + count <= sizeof file->bytes);
    memcpy(file->bytes + file->at, data, count);
    file->at += count;
    file->length = file->at > file->length ? file->at : file->length;
    return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

static FLAC__StreamEncoderSeekStatus flac_seek(const FLAC__StreamEncoder *encoder, FLAC__uint64 offset, void *client) {
    (void)encoder;
    ((flac_file *)client)->at = (size_t)offset;
    return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
}

static FLAC__StreamEncoderTellStatus flac_tell(const FLAC__StreamEncoder *encoder, FLAC__uint64 *offset, void *client) {
    (void)encoder;
    *offset = ((flac_file *)client)->at;
    return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
}

/** Encode x[samples][channels]. */
static void flac_encode(const int32_t *x, unsigned channels, unsigned bits, unsigned samples, flac_file *file) {
    FLAC__StreamEncoder *encoder = FLAC__stream_encoder_new();
    assert_non_null(encoder);
    file->length = file->at = 0;
    assert_true(FLAC__stream_encoder_set_channels(encoder, channels) &&
                FLAC__stream_encoder_set_bits_per_sample(encoder, bits) &&
                FLAC__stream_encoder_set_sample_rate(encoder, 96000));
    assert_int_equal(FLAC__stream_encoder_init_stream(encoder, flac_write, flac_seek, flac_tell, NULL, file), 0);
    assert_true(FLAC__stream_encoder_process_interleaved(encoder, x, samples));
    assert_true(FLAC__stream_encoder_finish(encoder));
    FLAC__stream_encoder_delete(encoder);
}

static void flac_files_are_read_and_damage_is_refused(void **state) {
    (void)state;
    enum { SAMPLES = 6000, CHANNELS = 2 };
    static int32_t x[SAMPLES * CHANNELS];
    static flac_file file;
    char header[256];
    for (int bits = 8; bits <= 24; bits += 8) {
        uint32_t random = (uint32_t)bits;
        for (size_t i = 0; i < SAMPLES * CHANNELS; i++)
            x[i] = i % 100 == 99 ? invalid_code(bits) : random_sample(&random, bits - 2);
        flac_encode(x, CHANNELS, (unsigned)bits, SAMPLES, &file);
        for (int per_frame = 1; per_frame <= 2; per_frame++) {
            snprintf(header, sizeof header, "x 2 250 %d\nx.dat %dx%d 10\nx.dat %dx%d 10\n", SAMPLES / per_frame,
                     500 + bits, per_frame, 500 + bits, per_frame);
            lw_record *r = lwt_record("x.hea", header, file.bytes, file.length);
            assert_int_equal(lw_record_sample_count(r), SAMPLES);
            for (size_t i = 0; i < SAMPLES; i++)
                for (size_t s = 0; s < CHANNELS; s++) {
                    int32_t v = x[i * CHANNELS + s];
                    lwt_assert_close(lwt_sample_mv(r, s, i), v == invalid_code(bits) ? NAN : v / 10.0, 0, 0);
                }
            lw_record_free(&r);
        }
        snprintf(header, sizeof header, "x 2 250\nx.dat %d 10\nx.dat %d 10\n", 500 + bits, 500 + bits);
        lw_record *r = lwt_record("x.hea", header, file.bytes, file.length);
        assert_int_equal(lw_record_sample_count(r), SAMPLES); /* from the FLAC file's own header */
        lw_record_free(&r);
        lwt_parse_fails("x.hea", header, file.bytes, file.length / 2, LW_ERR_FORMAT, "FLAC data");
        lwt_parse_fails("x.hea", header, file.bytes, 41, LW_ERR_FORMAT, "x.hea:2: x.dat does not start as a FLAC file");
        snprintf(header, sizeof header, "x 2 250 6001\nx.dat %d 10\nx.dat %d 10\n", 500 + bits, 500 + bits);
        lwt_parse_fails("x.hea", header, file.bytes, file.length, LW_ERR_FORMAT,
                        "holds 6000 samples a signal, expected 6001");
        snprintf(header, sizeof header, "x 1 250 6000\nx.dat %d 10\n", 500 + bits);
        lwt_parse_fails("x.hea", header, file.bytes, file.length, LW_ERR_FORMAT, "2 channels");
        snprintf(header, sizeof header, "x 2 250\nx.dat %dx2 10\nx.dat %d 10\n", 500 + bits, 500 + bits);
        lwt_parse_fails("x.hea", header, file.bytes, file.length, LW_ERR_FORMAT,
                        "x.hea:3: 1 samples a frame, expected 2");
    }
    for (uint32_t seed = 1; seed < 400; seed++) { /* damage in the middle is an error or harmless, never a crash */
        static uint8_t damaged[MOST_BYTES];
        uint32_t random = seed;
        lw_record *r = NULL;
        lw_error err;
        memcpy(damaged, file.bytes, file.length);
        for (int i = 0; i < 3; i++)
            damaged[next_random(&random) % file.length] ^= (uint8_t)(1U << next_random(&random) % 8);
        lw_status status =
            lwt_parse("x.hea", "x 2 250 6000\nx.dat 524 10\nx.dat 524 10\n", damaged, file.length, NULL, &r, &err);
        assert_true(status == LW_OK || status == LW_ERR_FORMAT);
        lw_record_free(&r);
    }
}
#else
static void flac_files_are_read_and_damage_is_refused(void **state) {
    (void)state;
    uint8_t file[64] = "fLaC"; /* STREAMINFO: one channel of 16 bits, length not said */
    file[7] = 34;
    file[21] = 0xF0;
    lwt_parse_fails("x.hea", "x 1 250 4\nx.dat 516\n", file, sizeof file, LW_ERR_UNSUPPORTED, "libFLAC");
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_read_as_it_was_written),
        cmocka_unit_test(the_file_gives_the_length),
        cmocka_unit_test(differences_are_summed_signal_by_signal),
        cmocka_unit_test(lower_rates_are_held),
        cmocka_unit_test(a_skewed_signal_is_moved_back),
        cmocka_unit_test(signals_come_from_several_files),
        cmocka_unit_test(a_matlab_header_that_contradicts_is_warned_about),
        cmocka_unit_test(flac_files_are_read_and_damage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
