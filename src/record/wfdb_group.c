/* This file turns the signals of one file, from interleaved samples, into millivolts. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "record/wfdb.h"

enum {
    CHUNK_SAMPLES = 8192, /* unpacked at a time: 32 KiB stay in the first cache */
    CHUNK_FRAMES = 6 /* chunks are multiples of this many frames, so they start at whole groups of 2 or 3 samples */
};

lw_status lw_wfdb_group_at(const lw_wfdb_header *header, size_t first, lw_wfdb_group *out, lw_error *err) {
    const lw_wfdb_signal *lead = &header->signals[first];
    *out = (lw_wfdb_group){.header = header, .signals = lead, .offset = lead->offset};
    for (size_t i = first; i < header->signal_count && strcmp(header->signals[i].file, lead->file) == 0; i++) {
        out->frame += header->signals[i].frame_samples;
        out->count++;
    }
    for (size_t i = first; i < first + out->count; i++) {
        const lw_wfdb_signal *it = &header->signals[i];
        if (it->format != lead->format && (it->damage || lead->damage)) /* what lies where in the file is unknown */
            return lw_fail(err, LW_ERR_FORMAT, "%s", it->damage ? it->damage : lead->damage);
        if (it->format != lead->format)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: format %d, expected %d as in the file's other signals",
                           header->shown, it->line, it->format->number, lead->format->number);
        if (it->offset != lead->offset && it->offset != 0)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: byte offset %zu, expected %zu as in the file's first signal",
                           header->shown, it->line, it->offset, lead->offset);
        if (it->format->flac_bits && it->frame_samples != lead->frame_samples)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %zu samples a frame, expected %zu: a FLAC file has one rate",
                           header->shown, it->line, it->frame_samples, lead->frame_samples);
    }
    for (size_t i = first + out->count; i < header->signal_count; i++)
        if (strcmp(header->signals[i].file, lead->file) == 0 && !lw_wfdb_signal_is_null(lead))
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: file %s again, expected all its signals in adjacent lines",
                           header->shown, header->signals[i].line, lead->file);
    return LW_OK;
}

lw_status lw_wfdb_group_frames(const lw_wfdb_group *group, lw_bytes file, size_t *frames, lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    const char *shown = group->header->shown;
    lw_flac_info info;
    if (!lead->format->flac_bits) {
        if (group->offset > file.length)
            return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: byte offset %zu, expected at most the %zu bytes of %s", shown,
                           lead->line, group->offset, file.length, lead->file);
        *frames = lw_wfdb_format_samples(lead->format, file.length - group->offset) / group->frame;
        return LW_OK;
    }
    if (group->offset > file.length ||
        !lw_flac_info_read(file.data + group->offset, file.length - group->offset, &info))
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s does not start as a FLAC file", shown, lead->line, lead->file);
    if (info.channels != group->count || info.bits != (unsigned)lead->format->flac_bits)
        return lw_fail(err, LW_ERR_FORMAT, "%s:%zu: %s has %u channels of %u bits, expected %zu of %d", shown,
                       lead->line, lead->file, info.channels, info.bits, group->count, lead->format->flac_bits);
    *frames = info.samples == 0 ? SIZE_MAX : (size_t)(info.samples / lead->frame_samples);
    return LW_OK;
}

/** One signal while its file is decoded. */
typedef struct channel {
    const lw_wfdb_signal *signal;
    lw_wfdb_target target;
    size_t offset;  /* of its first sample in a frame */
    double mv;      /* per unit; 1 for units that are not voltages */
    uint32_t state; /* format 8: the sample before. Unsigned: damaged files may wrap around */
    uint32_t sum;
    int32_t first;
} channel;

/** A run of frames. */
typedef struct chunk {
    int32_t *sample; /* [frames][group's frame] */
    size_t start;    /* number of its first frame in the file */
    size_t frames;
    size_t frame; /* samples */
    size_t total; /* frames of the recording */
    size_t hold;
} chunk;

/** Turn the differences of format 8 into values, in place. */
static void integrate(const chunk *c, channel *it) {
    for (size_t f = 0; f < c->frames; f++)
        for (size_t j = 0; j < it->signal->frame_samples; j++) {
            int32_t *sample = &c->sample[f * c->frame + it->offset + j];
            it->state += (uint32_t)*sample;
            *sample = (int32_t)it->state;
        }
}

/** The checksum covers the samples as stored, of the recording's own frames: skewed signals may have more. */
static void add_up(const chunk *c, channel *it) {
    size_t frames = c->start >= c->total ? 0 : c->total - c->start;
    frames = frames < c->frames ? frames : c->frames;
    uint32_t sum = it->sum;
    for (size_t j = 0; j < it->signal->frame_samples; j++) {
        const int32_t *sample = c->sample + it->offset + j;
        for (size_t f = 0; f < frames; f++)
            sum += (uint32_t)sample[f * c->frame];
    }
    it->sum = sum;
    if (c->start == 0 && frames > 0)
        it->first = c->sample[it->offset];
}

/** Write the frames that lie within the recording once the skew is taken out. */
static void write_out(const chunk *c, const channel *it) {
    const lw_wfdb_signal *signal = it->signal;
    size_t begin = signal->skew > c->start ? signal->skew - c->start : 0;
    size_t end = c->total + signal->skew > c->start ? c->total + signal->skew - c->start : 0;
    end = end < c->frames ? end : c->frames;
    if (begin >= end)
        return;
    const size_t frame = c->frame, hold = c->hold, count = end - begin;
    const int32_t invalid = signal->format->invalid;
    const double baseline = signal->baseline, gain = signal->gain, mv = it->mv;
    for (size_t k = 0; k < hold; k++) {
        const int32_t *sample = c->sample + begin * frame + it->offset + signal->frame_samples * k / hold;
        double *x = it->target.x + (c->start + begin - signal->skew) * hold + k;
        for (size_t f = 0; f < count; f++)
            x[f * hold] = lw_sample_mv(sample[f * frame], invalid, baseline, gain, mv);
    }
}

static void spread(const chunk *c, const lw_wfdb_group *group, channel *channels) {
    for (size_t s = 0; s < group->count; s++) {
        channel *it = &channels[s];
        if (it->signal->format->difference)
            integrate(c, it);
        add_up(c, it);
        if (it->target.x)
            write_out(c, it);
    }
}

static void start_channels(const lw_wfdb_group *group, const lw_wfdb_target *target, channel *channels) {
    size_t offset = 0;
    for (size_t s = 0; s < group->count; s++) {
        const lw_wfdb_signal *signal = &group->signals[s];
        double mv = lw_unit_mv(lw_span_of(signal->unit));
        channels[s] = (channel){.signal = signal,
                                .target = target[s],
                                .offset = offset,
                                .mv = mv > 0.0 ? mv : 1.0,
                                .state = (uint32_t)signal->initial};
        offset += signal->frame_samples;
    }
}

/** Compare the samples with the checksums and initial values of the header. */
static void check_channels(const lw_wfdb_group *group, const channel *channels, lw_record *record) {
    const char *shown = group->header->shown;
    for (size_t s = 0; s < group->count; s++) {
        const channel *it = &channels[s];
        const lw_wfdb_signal *signal = it->signal;
        lw_lead *lead = it->target.lead;
        const bool wrong = signal->has_checksum && (it->sum & 0xFFFF) != signal->checksum;
        /* Of a record's segments the worst counts. */
        if (lead && signal->has_checksum && lead->checksum != LW_CHECKSUM_WRONG)
            lead->checksum = wrong ? LW_CHECKSUM_WRONG : LW_CHECKSUM_GOOD;
        if (wrong)
            lw_record_warn(record, "%s:%zu: the samples add up to %d, expected the checksum %d", shown, signal->line,
                           (int16_t)(it->sum & 0xFFFF), (int16_t)signal->checksum);
        /* Format 8's initial value is where its differences start from, not a copy of the first sample. */
        if (signal->has_initial && !signal->format->difference && it->first != signal->initial)
            lw_record_warn(record, "%s:%zu: the first sample is %d, expected the initial value %d", shown, signal->line,
                           it->first, signal->initial);
    }
}

size_t lw_wfdb_group_skew(const lw_wfdb_group *group) {
    size_t skew = 0;
    for (size_t s = 0; s < group->count; s++)
        skew = group->signals[s].skew > skew ? group->signals[s].skew : skew;
    return skew;
}

/** Unpack and spread `stored` frames, a cache-sized chunk at a time. */
static lw_status decode_packed(const lw_wfdb_group *group, lw_bytes file, size_t stored, chunk c, channel *channels,
                               lw_error *err) {
    const lw_wfdb_format *format = group->signals->format;
    size_t most = CHUNK_SAMPLES / group->frame / CHUNK_FRAMES * CHUNK_FRAMES;
    most = most > 0 ? most : CHUNK_FRAMES;
    most = most < stored ? most : stored;
    c.sample = lw_calloc(most, group->frame * sizeof *c.sample);
    if (!c.sample)
        return lw_fail_no_memory(err, "samples");
    const uint8_t *bytes = file.data + group->offset;
    for (c.start = 0; c.start < stored; c.start += c.frames) {
        c.frames = stored - c.start < most ? stored - c.start : most;
        format->unpack(bytes + lw_wfdb_format_bytes(format, c.start * group->frame), c.frames * group->frame, c.sample);
        spread(&c, group, channels);
    }
    free(c.sample);
    return LW_OK;
}

static lw_status decode_flac(const lw_wfdb_group *group, lw_bytes file, size_t stored, chunk c, channel *channels,
                             lw_error *err) {
    const lw_wfdb_signal *lead = group->signals;
    lw_bytes flac = {.data = file.data + group->offset, .length = file.length - group->offset};
    c.sample = lw_calloc(stored, group->frame * sizeof *c.sample);
    if (!c.sample)
        return lw_fail_no_memory(err, "samples");
    c.frames = stored;
    lw_status status = lw_flac_decode(flac, lead->file, group->count, stored * lead->frame_samples, lead->frame_samples,
                                      group->frame, c.sample, err);
    if (status == LW_OK)
        spread(&c, group, channels);
    free(c.sample);
    return status;
}

/* Compare the numbers that begin a MATLAB v4 file, where the group is read from behind them, with the header's. */
static void check_matlab(const lw_wfdb_group *group, lw_bytes file, size_t frames, lw_record *record) {
    enum { HEADER = 24, INT16_MATRIX = 30 };
    const lw_wfdb_signal *lead = group->signals;
    if (group->offset != HEADER || lead->format->number != 16 || !lw_name_ends(lead->file, ".mat"))
        return;
    const uint32_t type = lw_little32(file.data), rows = lw_little32(file.data + 4);
    const uint32_t columns = lw_little32(file.data + 8);
    if (type != INT16_MATRIX || rows != group->frame || columns != frames)
        lw_record_warn(
            record,
            "%s:%zu: %s is a MATLAB v4 matrix of type %u with %u x %u elements, expected type %d with %zu x %zu",
            group->header->shown, lead->line, lead->file, type, rows, columns, INT16_MATRIX, group->frame, frames);
}

lw_status lw_wfdb_group_decode(const lw_wfdb_group *group, lw_bytes file, size_t frames, size_t hold,
                               const lw_wfdb_target *target, lw_record *record, lw_error *err) {
    size_t stored;
    lw_status status = lw_wfdb_group_frames(group, file, &stored, err);
    if (status != LW_OK)
        return status;
    channel *channels = lw_calloc(group->count, sizeof *channels);
    if (!channels)
        return lw_fail_no_memory(err, "signals");
    size_t wanted = frames + lw_wfdb_group_skew(group);
    if (stored == SIZE_MAX || stored > wanted)
        stored = stored == SIZE_MAX ? frames : wanted;
    check_matlab(group, file, frames, record);
    start_channels(group, target, channels);
    chunk c = {.frame = group->frame, .total = frames, .hold = hold};
    status = group->signals->format->flac_bits ? decode_flac(group, file, stored, c, channels, err)
                                               : decode_packed(group, file, stored, c, channels, err);
    if (status == LW_OK)
        check_channels(group, channels, record);
    free(channels);
    return status;
}

bool lw_wfdb_group_is_frames(const lw_wfdb_group *group) {
    for (size_t s = 0; s < group->count; s++)
        if (group->signals[s].frame_samples != 1 || group->signals[s].skew != 0 || group->signals[s].damage)
            return false;
    return group->signals->format->number == 16;
}

lw_status lw_wfdb_group_keep(const lw_wfdb_group *group, lw_bytes file, lw_bytes store, lw_record *record,
                             lw_error *err) {
    const size_t offset = group->offset;
    assert((file.length - offset) / 2 / group->count >= record->samples && group->count == record->leads);
    check_matlab(group, file, record->samples, record);
    if (!lw_frames_set(record, file.data + offset, store))
        return lw_fail_no_memory(err, "a recording's samples");

    channel channels[LW_RECORD_MAX_LEADS];
    lw_wfdb_target target[LW_RECORD_MAX_LEADS] = {{0}};
    lw_frames_tally tally;
    const int16_t *adc = record->adc;
    lw_frames_tally_start(&tally, group->count);
    const size_t most = CHUNK_SAMPLES / group->count / 8 * 8; /* passed once for each lead, so it stays in the cache */
    for (size_t t = 0; t < record->samples; t += most)
        lw_frames_tally_add(&tally, adc + t * group->count, record->samples - t < most ? record->samples - t : most);
    lw_frames_measure(record, &tally);
    for (size_t s = 0; s < group->count; s++)
        target[s].lead = &record->lead[s];
    start_channels(group, target, channels);
    for (size_t s = 0; s < group->count; s++) {
        channels[s].sum = lw_frames_tally_sum(&tally, s);
        channels[s].first = adc[s];
    }
    check_channels(group, channels, record);
    return LW_OK;
}
