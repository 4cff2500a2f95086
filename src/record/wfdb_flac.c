/** @file wfdb_flac.c: signals in FLAC files (formats 508, 516 and 524), through libFLAC where the build has it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "record/wfdb.h"

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
    ((flac_job *)client)->damaged = true; /* libFLAC would go on with silence in place of the damaged block */
}

static void run(FLAC__StreamDecoder *decoder, flac_job *job) {
    if (FLAC__stream_decoder_init_stream(decoder, read_bytes, NULL, NULL, NULL, NULL, write_samples, NULL, note_error,
                                         job) != FLAC__STREAM_DECODER_INIT_STATUS_OK) {
        job->damaged = true;
        return;
    }
    while (!job->damaged && job->done < job->samples &&
           FLAC__stream_decoder_get_state(decoder) < FLAC__STREAM_DECODER_END_OF_STREAM)
        if (!FLAC__stream_decoder_process_single(decoder))
            break;
    (void)FLAC__stream_decoder_finish(decoder);
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
        return lw_fail_no_memory(err, "a FLAC decoder");
    run(decoder, &job);
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
