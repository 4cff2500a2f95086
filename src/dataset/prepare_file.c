/*
 * Preparing many records into one safetensors file with memory that does not grow with them: the names are known before
 * any record is read, so the header's largest size is too. That much is left free at the file's beginning, the signals
 * are written behind it as they come, then the small tensors, and last the header over the gap, padded with spaces.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/safetensors.h"
#include "base/text.h"
#include "dataset/prepared_internal.h"
#include "dataset/record_list.h"

/** Records are prepared in chunks on all cores, then written in order: so small that the chunk stays in a cache, but
 * with records enough for every core to be busy for most of the time. */
enum { CHUNK_BYTES = 1 << 20, CHUNK_RECORDS = 256, THREAD_RECORDS = 16, SOURCES_MAX = 65535 };

/** Everything but the signals, [list's records]; the first `kept` are of accepted records. */
typedef struct columns {
    size_t kept;
    char **names; /**< of all records of the list, in its order */
    const char **kept_names;
    const char **groups; /**< of all records of the list; borrowed from it */
    const char **kept_groups;
    bool has_groups;       /**< one of them is known */
    char **record_sources; /**< of all records of the list */
    const char **sources;  /**< distinct, sorted; [source_count] */
    size_t source_count;
    float *age_years;
    uint32_t *signal_hash; /**< low and high halves */
    uint16_t *source;
    uint8_t *labels; /**< [classes] each */
    uint8_t *sex;
} columns;

/** One call's state. */
typedef struct preparation {
    const lw_record_list *list;
    const lw_prepare_options *options;
    const lw_prepare_hooks *hooks;
    size_t count, samples, classes; /**< records in the list; floats a record; classes */
    columns columns;
    int threads;
    lw_preparer **preparers; /**< [threads] */
    size_t chunk;            /**< records */
    float *signals;          /**< [chunk][samples] */
    uint8_t *labels;         /**< [chunk][classes] */
    lw_prepare_item *items;  /**< [chunk] */
    lw_output *file;
    size_t header_bytes;
    lw_tally tally;
} preparation;

static void preparation_free(preparation *p) {
    columns *c = &p->columns;
    lw_strings_free(c->names, p->count);
    lw_strings_free(c->record_sources, p->count);
    free((void *)c->kept_names);
    free((void *)c->groups);
    free((void *)c->kept_groups);
    free((void *)c->sources);
    free(c->age_years);
    free(c->signal_hash);
    free(c->source);
    free(c->labels);
    free(c->sex);
    for (int i = 0; p->preparers && i < p->threads; i++)
        lw_preparer_free(&p->preparers[i]);
    free(p->preparers);
    free(p->signals);
    free(p->labels);
    for (size_t i = 0; p->items && i < p->chunk; i++)
        lw_text_free(&p->items[i].warnings);
    free(p->items);
    lw_tally_free(&p->tally);
    lw_output_abandon(&p->file);
}

static lw_status allocate_columns(columns *c, size_t count, size_t classes, lw_error *err) {
    size_t labels;
    if (lw_size_mul(count, classes, &labels))
        c->labels = lw_calloc(labels, 1);
    c->names = lw_calloc(count, sizeof *c->names);
    c->kept_names = lw_calloc(count, sizeof *c->kept_names);
    c->groups = lw_calloc(count, sizeof *c->groups);
    c->kept_groups = lw_calloc(count, sizeof *c->kept_groups);
    c->record_sources = lw_calloc(count, sizeof *c->record_sources);
    c->sources = lw_calloc(count, sizeof *c->sources);
    c->age_years = lw_calloc(count, sizeof *c->age_years);
    c->signal_hash = lw_calloc(count, 2 * sizeof *c->signal_hash);
    c->source = lw_calloc(count, sizeof *c->source);
    c->sex = lw_calloc(count, 1);
    const bool whole = c->names && c->kept_names && c->groups && c->kept_groups && c->record_sources && c->sources &&
                       c->age_years && c->signal_hash && c->source && c->labels && c->sex;
    return whole ? LW_OK : lw_fail_no_memory(err, "record names");
}

/** Names and sources of all records, before any is read. */
static lw_status name_records(preparation *p, lw_error *err) {
    columns *c = &p->columns;
    for (size_t i = 0; i < p->count; i++) {
        const char *path = lw_record_list_path(p->list, i);
        c->names[i] = lw_record_path_name(path);
        c->record_sources[i] = lw_record_path_source(path);
        c->groups[i] = lw_record_list_group(p->list, i);
        c->has_groups |= *c->groups[i] != '\0';
        if (!c->names[i] || !c->record_sources[i])
            return lw_fail_no_memory(err, "record names");
        lw_make_printable(c->names[i]);
        lw_make_printable(c->record_sources[i]);
    }
    lw_status status = lw_names_make_unique(c->names, (const char *const *)c->record_sources, p->count, err);
    if (status != LW_OK)
        return status;
    memcpy(c->sources, c->record_sources, p->count * sizeof *c->sources);
    qsort(c->sources, p->count, sizeof *c->sources, lw_compare_strings);
    for (size_t i = 0; i < p->count; i++)
        if (c->source_count == 0 || strcmp(c->sources[c->source_count - 1], c->sources[i]) != 0)
            c->sources[c->source_count++] = c->sources[i];
    if (c->source_count > SOURCES_MAX)
        return lw_fail(err, LW_ERR_ARGUMENT, "records lie in %zu folders of different names, expected at most %d",
                       c->source_count, SOURCES_MAX);
    return LW_OK;
}

/** What every thread prepares with, and room for a chunk of records. */
static lw_status allocate_chunk(preparation *p, lw_error *err) {
    p->threads = lw_threads_resolve(p->options->threads);
    p->samples = p->options->leads.count * lw_preprocessing_sample_count(&p->options->preprocessing);
    size_t few = THREAD_RECORDS * (size_t)p->threads, floats;
    p->chunk = CHUNK_BYTES / (p->samples * sizeof(float) + 1);
    p->chunk = p->chunk < few ? few : p->chunk > CHUNK_RECORDS ? CHUNK_RECORDS : p->chunk;
    if (lw_size_mul(p->chunk, p->samples, &floats))
        p->signals = lw_calloc(floats, sizeof *p->signals);
    p->labels = lw_calloc(p->chunk, p->classes);
    p->items = lw_calloc(p->chunk, sizeof *p->items);
    p->preparers = lw_calloc((size_t)p->threads, sizeof(lw_preparer *));
    if (!p->signals || !p->labels || !p->items || !p->preparers)
        return lw_fail_no_memory(err, "preparation");
    lw_status status = LW_OK;
    for (int i = 0; status == LW_OK && i < p->threads; i++) {
        status = lw_preparer_create(&p->options->leads, &p->options->preprocessing, p->options->allow_missing_leads,
                                    &p->preparers[i], err);
        if (status == LW_OK)
            status = lw_preparer_set_isa(p->preparers[i], p->options->isa, err);
    }
    return status;
}

/** The file's header for `count` records called `names`, of `groups`. free() *header. */
static lw_status make_header(const preparation *p, const char *const *names, const char *const *groups, size_t count,
                             size_t minimum_bytes, char **header, size_t *header_bytes, lw_error *err) {
    enum { TEXTS = 6 };
    const size_t texts_used =
        p->columns.has_groups ? TEXTS : TEXTS - 1; /* files without groups are as they always were */
    const size_t leads = p->options->leads.count;
    const lw_tensor_spec tensors[] = {
        {"signals", LW_DTYPE_F32, 3, {count, leads, p->samples / leads}, NULL},
        {"age_years", LW_DTYPE_F32, 1, {count}, NULL},
        {"signal_hash", LW_DTYPE_U32, 2, {count, 2}, NULL},
        {"source", LW_DTYPE_U16, 1, {count}, NULL},
        {"labels", LW_DTYPE_U8, 2, {count, p->classes}, NULL},
        {"sex", LW_DTYPE_U8, 1, {count}, NULL},
    };
    char *const texts[TEXTS] = {lw_strings_json(names, count),
                                lw_class_list_json(p->options->classes),
                                lw_prepared_leads_json(&p->options->leads),
                                lw_preprocessing_json(&p->options->preprocessing),
                                lw_strings_json(p->columns.sources, p->columns.source_count),
                                lw_strings_json(groups, p->columns.has_groups ? count : 0)};
    const lw_metadata_item metadata[] = {
        {LW_KEY_FORMAT, LW_PREPARED_FORMAT}, {LW_KEY_RECORDS, texts[0]},
        {LW_KEY_CLASSES, texts[1]},          {LW_KEY_LEADS, texts[2]},
        {LW_KEY_PREPROCESSING, texts[3]},    {LW_KEY_SOURCES, texts[4]},
        {LW_KEY_GROUPS, texts[5]},
    };
    const bool whole = texts[0] && texts[1] && texts[2] && texts[3] && texts[4] && texts[5];
    lw_status status = whole ? lw_safetensors_header(tensors, sizeof tensors / sizeof *tensors, metadata,
                                                     texts_used + 1, minimum_bytes, header, header_bytes, err)
                             : lw_fail_no_memory(err, "a prepared file's header");
    for (size_t i = 0; i < TEXTS; i++)
        free(texts[i]);
    return status;
}

/** Open the file and move past the largest header that can be needed. */
static lw_status begin_file(preparation *p, const char *out_path, lw_error *err) {
    char *header = NULL;
    lw_status status = make_header(p, (const char *const *)p->columns.names, p->columns.groups, p->count, 0, &header,
                                   &p->header_bytes, err);
    free(header);
    if (status != LW_OK)
        return status;
    if (p->header_bytes > LW_PREPARED_HEADER_LIMIT)
        return lw_fail(err, LW_ERR_ARGUMENT, "%s: the records' names need a header of %zu bytes, expected at most %d",
                       out_path, p->header_bytes, LW_PREPARED_HEADER_LIMIT);
    status = lw_output_create(out_path, &p->file, err);
    return status == LW_OK ? lw_output_seek(p->file, p->header_bytes, err) : status;
}

/** Prepare records first .. first + count - 1 of the list into the chunk, on all threads. */
static void prepare_chunk(preparation *p, size_t first, size_t count) {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(p->threads)
#endif
    for (size_t k = 0; k < count; k++) {
#ifdef _OPENMP
        lw_preparer *preparer = p->preparers[omp_get_thread_num()];
#else
        lw_preparer *preparer = p->preparers[0];
#endif
        lw_prepare_one(p->list, first + k, p->options, preparer, p->signals + k * p->samples,
                       p->labels + k * p->classes, &p->items[k]);
    }
}

/** Report a record's warnings, and free them. */
static lw_status report_warnings(const preparation *p, const char *path, lw_prepare_item *item, lw_error *err) {
    const bool failed = item->warnings.failed;
    const char *sentence = item->warnings.data;
    for (size_t i = 0; !failed && i < item->warning_count; i++, sentence += strlen(sentence) + 1)
        if (p->hooks->warn)
            p->hooks->warn(p->hooks->context, path, sentence);
    lw_text_free(&item->warnings);
    return failed ? lw_fail_no_memory(err, "a warning") : LW_OK;
}

/** Keep record `i` of the list, which is the chunk's `k`-th, as its *kept-th that will be written, or report why not. */
static lw_status take_item(preparation *p, size_t i, size_t k, size_t *kept, lw_error *err) {
    columns *c = &p->columns;
    lw_prepare_item *item = &p->items[k];
    const char *path = lw_record_list_path(p->list, i), *source = c->record_sources[i];
    const lw_status status = report_warnings(p, path, item, err);
    if (status != LW_OK)
        return status;
    /* Neither depends on the record. */
    if (item->status == LW_ERR_NO_MEMORY || item->status == LW_ERR_INTERNAL)
        return lw_fail(err, item->status, "%s", item->error.message);
    if (item->status != LW_OK) {
        lw_tally_reject(&p->tally, item, path);
        if (p->hooks->reject)
            p->hooks->reject(p->hooks->context, path, item->status, item->error.message);
        return LW_OK;
    }
    const char **found = bsearch(&source, c->sources, c->source_count, sizeof source, lw_compare_strings);
    assert(found && *kept <= k); /* the sources are those of all records */
    c->source[c->kept] = (uint16_t)(found - c->sources);
    c->kept_names[c->kept] = c->names[i];
    c->kept_groups[c->kept] = c->groups[i];
    c->age_years[c->kept] = item->age_years;
    c->sex[c->kept] = item->sex;
    c->signal_hash[2 * c->kept] = (uint32_t)item->signal_hash;
    c->signal_hash[2 * c->kept + 1] = (uint32_t)(item->signal_hash >> 32);
    memcpy(c->labels + c->kept * p->classes, p->labels + k * p->classes, p->classes);
    c->kept++;
    lw_tally_accept(&p->tally, item, source, p->labels + k * p->classes);
    if (*kept < k)
        memcpy(p->signals + *kept * p->samples, p->signals + k * p->samples, p->samples * sizeof *p->signals);
    ++*kept;
    return LW_OK;
}

static lw_status report_progress(const preparation *p, size_t done, lw_error *err) {
    if (!p->hooks->progress || p->hooks->progress(p->hooks->context, done, p->count))
        return LW_OK;
    return lw_fail(err, LW_ERR_INTERRUPTED, "%s: stopped after %zu of %zu records, nothing written", p->file->shown,
                   done, p->count);
}

static lw_status prepare_all(preparation *p, lw_error *err) {
    lw_status status = report_progress(p, 0, err);
    for (size_t first = 0; status == LW_OK && first < p->count; first += p->chunk) {
        size_t count = p->count - first < p->chunk ? p->count - first : p->chunk, kept = 0;
        prepare_chunk(p, first, count);
        for (size_t k = 0; status == LW_OK && k < count; k++)
            status = take_item(p, first + k, k, &kept, err);
        if (status == LW_OK)
            status = lw_output_write(p->file, p->signals, kept * p->samples * sizeof *p->signals, err);
        if (status == LW_OK)
            status = report_progress(p, first + count, err);
    }
    return status;
}

/** Write what follows the signals, then the header before them. */
static lw_status finish_file(preparation *p, lw_error *err) {
    if (p->columns.kept == 0)
        return lw_fail(err, LW_ERR_NO_SIGNAL, "none of %zu records can be used", p->count);
    const columns *c = &p->columns;
    assert(c->kept <= p->count);
    const struct {
        const void *data;
        size_t record_bytes;
    } tensors[] = {{c->age_years, sizeof *c->age_years},
                   {c->signal_hash, 2 * sizeof *c->signal_hash},
                   {c->source, sizeof *c->source},
                   {c->labels, p->classes},
                   {c->sex, 1}};
    char *header = NULL;
    size_t header_bytes = 0;
    lw_status status = LW_OK;
    for (size_t i = 0; status == LW_OK && i < sizeof tensors / sizeof *tensors; i++)
        status = lw_output_write(p->file, tensors[i].data, c->kept * tensors[i].record_bytes, err);
    if (status == LW_OK)
        status = make_header(p, c->kept_names, c->kept_groups, c->kept, p->header_bytes, &header, &header_bytes, err);
    if (status == LW_OK && header_bytes != p->header_bytes)
        status = lw_fail(err, LW_ERR_INTERNAL, "%s: the header does not fit the place left for it", p->file->shown);
    if (status == LW_OK)
        status = lw_output_seek(p->file, 0, err);
    if (status == LW_OK)
        status = lw_output_write(p->file, header, header_bytes, err);
    free(header);
    return status == LW_OK ? lw_output_close(&p->file, err) : status;
}

static lw_status run(preparation *p, const char *out_path, lw_prepare_summary *summary, lw_error *err) {
    lw_prepare_summary made = {0};
    lw_status status = allocate_chunk(p, err);
    if (status == LW_OK)
        status = allocate_columns(&p->columns, p->count, p->classes, err);
    if (status == LW_OK)
        status = name_records(p, err);
    if (status == LW_OK)
        status = begin_file(p, out_path, err);
    if (status == LW_OK)
        status = prepare_all(p, err);
    if (status == LW_OK && summary)
        status = lw_tally_summary(&p->tally, &made, err);
    if (status == LW_OK)
        status = finish_file(p, err);
    if (status != LW_OK)
        lw_prepare_summary_free(&made);
    else if (summary)
        *summary = made;
    return status;
}

/** The caller's options with the defaults filled in; `scored` is freed by the caller, and holds default classes. */
static lw_status take_options(const lw_prepare_options *given, lw_prepare_options *own, lw_class_list **scored,
                              lw_error *err) {
    lw_status status = lw_options_take(own, sizeof *own, given, "lw_prepare_options", err);
    if (status == LW_OK && own->leads.count == 0)
        status = lw_lead_set_parse("12", &own->leads, err);
    if (status == LW_OK && own->preprocessing.rate_hz == 0.0)
        own->preprocessing = lw_preprocessing_default();
    if (status == LW_OK && !own->classes) {
        status = lw_class_list_scored(2021, false, scored, err);
        own->classes = *scored;
    }
    return status;
}

lw_status lw_prepare(const lw_record_list *list, const lw_prepare_options *options, const lw_prepare_hooks *hooks,
                     const char *out_path, lw_prepare_summary *summary, lw_error *err) {
    lw_prepare_options own;
    lw_prepare_hooks told;
    lw_class_list *scored = NULL;
    if (lw_record_list_count(list) == 0)
        return lw_fail(err, LW_ERR_NO_SIGNAL, "no record was found");
    lw_status status = take_options(options, &own, &scored, err);
    if (status == LW_OK)
        status = lw_options_take(&told, sizeof told, hooks, "lw_prepare_hooks", err);
    if (status == LW_OK) {
        preparation p = {.list = list,
                         .options = &own,
                         .hooks = &told,
                         .count = lw_record_list_count(list),
                         .classes = lw_class_count(own.classes)};
        lw_tally_start(&p.tally, &own);
        status = run(&p, out_path, summary, err);
        preparation_free(&p);
    }
    lw_class_list_free(&scored);
    return status;
}
