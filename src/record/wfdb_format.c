/**
 * @file wfdb_format.c
 * The storage formats of signal(5), each as one unpacking loop over a whole run of samples; those in FLAC files (508, 516
 * and 524) through libFLAC where the build has it.
 */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "record/wfdb.h"

/** The lowest `bits` bits of `value` as a two's complement number. */
static int32_t signed_bits(uint32_t value, unsigned bits) {
    uint32_t sign = (uint32_t)1 << (bits - 1);
    return (int32_t)((value & (2 * sign - 1)) ^ sign) - (int32_t)sign;
}

/* A format whose samples take whole bytes: `sample` is the value of the one that begins at `b`. */
#define UNPACK_WHOLE_BYTES(number, bytes_each, sample)                                                                 \
    static void unpack_##number(const uint8_t *bytes, size_t count, int32_t *out) {                                    \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const uint8_t *b = bytes + (bytes_each)*i;                                                                 \
            out[i] = sample;                                                                                           \
        }                                                                                                              \
    }
UNPACK_WHOLE_BYTES(8, 1, (int8_t)*b)
UNPACK_WHOLE_BYTES(80, 1, *b - 128)
UNPACK_WHOLE_BYTES(16, 2, (int16_t)lw_little16(b))
UNPACK_WHOLE_BYTES(61, 2, (int16_t)(b[0] << 8 | b[1]))
UNPACK_WHOLE_BYTES(160, 2, lw_little16(b) - 32768)
UNPACK_WHOLE_BYTES(24, 3, signed_bits(lw_little16(b) | (uint32_t)b[2] << 16, 24))
UNPACK_WHOLE_BYTES(32, 4, (int32_t)lw_little32(b))

/** Two samples in three bytes: low eight bits of the first, both's high four, low eight of the second. */
static void unpack_212(const uint8_t *bytes, size_t count, int32_t *out) {
    size_t pairs = count / 2;
    for (size_t i = 0; i < pairs; i++) {
        const uint8_t *b = bytes + 3 * i;
        out[2 * i] = signed_bits(lw_little16(b), 12);
        out[2 * i + 1] = signed_bits((uint32_t)(b[1] & 0xF0) << 4 | b[2], 12);
    }
    if (count % 2)
        out[count - 1] = signed_bits(lw_little16(bytes + 3 * pairs), 12);
}

/** Three samples in two 16-bit words: bits 1-10 of each word, and bits 11-15 of both for the third. */
static void unpack_310(const uint8_t *bytes, size_t count, int32_t *out) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *b = bytes + i / 3 * 4;
        if (i % 3 < 2)
            out[i] = signed_bits((uint32_t)lw_little16(b + 2 * (i % 3)) >> 1, 10);
        else
            out[i] = signed_bits((uint32_t)(lw_little16(b) >> 11) | (uint32_t)(lw_little16(b + 2) >> 11) << 5, 10);
    }
}

/** Three samples in one 32-bit word, from its low end; a tail of one or two has only the bytes that its bits reach. */
static void unpack_311(const uint8_t *bytes, size_t count, int32_t *out) {
    size_t triples = count / 3, tail = count % 3;
    for (size_t i = 0; i < triples; i++) {
        uint32_t word = lw_little32(bytes + 4 * i);
        for (unsigned j = 0; j < 3; j++)
            out[3 * i + j] = signed_bits(word >> 10 * j, 10);
    }
    const uint8_t *b = bytes + 4 * triples;
    if (tail > 0)
        out[3 * triples] = signed_bits(lw_little16(b), 10);
    if (tail > 1)
        out[3 * triples + 1] = signed_bits((uint32_t)lw_little16(b) >> 10 | (uint32_t)b[2] << 6, 10);
}

/* Format 8 has no code for a missing sample; a sum of 8-bit differences never comes near INT32_MIN in a real file. */
static const lw_wfdb_format formats[] = {
    {LW_WFDB_NO_FORMAT, 0, 0, false, 1, 0, {0}, NULL},
    {8, 0, INT32_MIN, true, 1, 1, {0}, unpack_8},
    {16, 0, INT16_MIN, false, 1, 2, {0}, unpack_16},
    {24, 0, -(1 << 23), false, 1, 3, {0}, unpack_24},
    {32, 0, INT32_MIN, false, 1, 4, {0}, unpack_32},
    {61, 0, INT16_MIN, false, 1, 2, {0}, unpack_61},
    {80, 0, INT8_MIN, false, 1, 1, {0}, unpack_80},
    {160, 0, INT16_MIN, false, 1, 2, {0}, unpack_160},
    {212, 0, -(1 << 11), false, 2, 3, {0, 2}, unpack_212},
    {310, 0, -(1 << 9), false, 3, 4, {0, 2, 4}, unpack_310},
    {311, 0, -(1 << 9), false, 3, 4, {0, 2, 3}, unpack_311},
    {508, 8, INT8_MIN, false, 1, 0, {0}, NULL},
    {516, 16, INT16_MIN, false, 1, 0, {0}, NULL},
    {524, 24, -(1 << 23), false, 1, 0, {0}, NULL},
};

const lw_wfdb_format *lw_wfdb_format_find(long long number) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].number == number)
            return &formats[i];
    return NULL;
}

size_t lw_wfdb_format_bytes(const lw_wfdb_format *format, size_t samples) {
    size_t groups = samples / format->group_samples;
    if (groups > SIZE_MAX / 8)
        return SIZE_MAX;
    return groups * format->group_bytes + format->tail_bytes[samples % format->group_samples];
}

size_t lw_wfdb_format_samples(const lw_wfdb_format *format, size_t bytes) {
    size_t samples = bytes / format->group_bytes * format->group_samples;
    for (size_t tail = 2; tail > 0; tail--)
        if (tail < format->group_samples && format->tail_bytes[tail] <= bytes % format->group_bytes)
            return samples + tail;
    return samples;
}

/* ---- FLAC */

/* Source: RFC 9639, sections 8.1 and 8.2. */
bool lw_flac_info_read(const uint8_t *bytes, size_t length, lw_flac_info *out) {
    enum { MARKER = 4, BLOCK_HEADER = 4, STREAMINFO = 34 };
    if (length < MARKER + BLOCK_HEADER + STREAMINFO || memcmp(bytes, "fLaC", MARKER) != 0 || (bytes[4] & 0x7F) != 0)
        return false;
    const uint8_t *rate = bytes + MARKER + BLOCK_HEADER + 10; /* 20 bits of rate, 3 of channels, 5 of depth, 36 */
    out->channels = (rate[2] >> 1 & 7U) + 1;
    out->bits = ((rate[2] & 1U) << 4 | rate[3] >> 4) + 1;
    out->samples = (uint64_t)(rate[3] & 0x0F) << 32 | (uint64_t)rate[4] << 24 | (uint64_t)rate[5] << 16 |
                   (uint64_t)rate[6] << 8 | rate[7];
    return true;
}

#ifdef LEADWISE_HAVE_FLAC

#include <FLAC/stream_decoder.h>

bool lw_flac_available(void) { return true; }

typedef struct flac_job {
    const uint8_t *data;
    size_t length, position;
    size_t channels, samples, per_frame, frame;
    size_t done; /* samples of each channel so far */
    bool damaged;
    int32_t *out;
} flac_job;

static FLAC__StreamDecoderReadStatus read_bytes(const FLAC__StreamDecoder *decoder, FLAC__byte buffer[], size_t *bytes,
                                                void *client) {
    (void)decoder;
    flac_job *job = client;
    size_t left = job->length - job->position;
    *bytes = *bytes < left ? *bytes : left;
    memcpy(buffer, job->data + job->position, *bytes);
    job->position += *bytes;
    return *bytes > 0 ? FLAC__STREAM_DECODER_READ_STATUS_CONTINUE : FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
}

static FLAC__StreamDecoderWriteStatus write_samples(const FLAC__StreamDecoder *decoder, const FLAC__Frame *block,
                                                    const FLAC__int32 *const buffer[], void *client) {
    (void)decoder;
    flac_job *job = client;
    if (block->header.channels != job->channels) {
        job->damaged = true; /* a block may contradict the file's header */
        return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
    }
    size_t count = block->header.blocksize;
    count = count < job->samples - job->done ? count : job->samples - job->done;
    for (size_t c = 0; c < job->channels; c++)
        for (size_t i = 0; i < count; i++) {
            size_t at = job->done + i;
            job->out[at / job->per_frame * job->frame + c * job->per_frame + at % job->per_frame] = buffer[c][i];
        }
    job->done += count;
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

static void note_error(const FLAC__StreamDecoder *decoder, FLAC__StreamDecoderErrorStatus status, void *client) {
    (void)decoder;
    (void)status;
    ((flac_job *)client)->damaged = true; /* libFLAC continues with silence in place of the damaged block */
}

lw_status lw_flac_decode(lw_bytes file, const char *shown, size_t channels, size_t samples, size_t per_frame,
                         size_t frame, int32_t *out, lw_error *err) {
    flac_job job = {.data = file.data,
                    .length = file.length,
                    .channels = channels,
                    .samples = samples,
                    .per_frame = per_frame,
                    .frame = frame,
                    .out = out};
    FLAC__StreamDecoder *decoder = FLAC__stream_decoder_new();
    if (!decoder)
        return lw_fail_no_memory(err, "FLAC data");
    job.damaged = FLAC__stream_decoder_init_stream(decoder, read_bytes, NULL, NULL, NULL, NULL, write_samples, NULL,
                                                   note_error, &job) != FLAC__STREAM_DECODER_INIT_STATUS_OK;
    while (!job.damaged && job.done < job.samples &&
           FLAC__stream_decoder_get_state(decoder) < FLAC__STREAM_DECODER_END_OF_STREAM)
        if (!FLAC__stream_decoder_process_single(decoder))
            break;
    (void)FLAC__stream_decoder_finish(decoder);
    FLAC__stream_decoder_delete(decoder);
    if (job.damaged)
        return lw_fail(err, LW_ERR_FORMAT, "%s: damaged FLAC data after sample %zu of %zu", shown, job.done, samples);
    if (job.done < samples)
        return lw_fail(err, LW_ERR_FORMAT, "%s: the FLAC data end after %zu samples, expected %zu", shown, job.done,
                       samples);
    return LW_OK;
}

#else

bool lw_flac_available(void) { return false; }

lw_status lw_flac_decode(lw_bytes file, const char *shown, size_t channels, size_t samples, size_t per_frame,
                         size_t frame, int32_t *out, lw_error *err) {
    (void)file, (void)channels, (void)samples, (void)per_frame, (void)frame, (void)out;
    return lw_fail(err, LW_ERR_UNSUPPORTED, "%s: a FLAC signal file, expected a build of leadwise with libFLAC", shown);
}

#endif
