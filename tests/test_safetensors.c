/* Tests of safetensors files: what is valid, each way of being malformed, and files of another writer. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/safetensors.h"

static const lw_safetensors_limits limits = {1 << 20, 8};

/** A file in memory: length word, `header`, then `payload_bytes` bytes 0, 1, 2... free() it. */
static uint8_t *make_file(const char *header, size_t payload_bytes, size_t *length) {
    uint64_t header_bytes = strlen(header);
    *length = 8 + (size_t)header_bytes + payload_bytes;
    uint8_t *file = malloc(*length);
    assert_non_null(file);
    memcpy(file, &header_bytes, 8);
    memcpy(file + 8, header, (size_t)header_bytes);
    for (size_t i = 0; i < payload_bytes; i++)
        file[8 + header_bytes + i] = (uint8_t)i;
    return file;
}

static lw_status parse_text(const char *header, size_t payload_bytes, lw_error *err) {
    size_t length;
    uint8_t *bytes = make_file(header, payload_bytes, &length);
    lw_safetensors *file = NULL;
    lw_status status = lw_safetensors_parse(bytes, length, "m.safetensors", limits, &file, err);
    assert_true((status == LW_OK) == (bool)file);
    lw_safetensors_free(&file);
    free(bytes);
    return status;
}

static void reads_a_hand_made_file(void **state) {
    (void)state;
    /* "b" comes first in the header and second in the bytes; "e" is empty; "a" is not aligned. */
    const char *header = "{\"b\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[3,7]},"
                         "\"__metadata__\":{\"k\":\"v\"},"
                         "\"e\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[3,3]},"
                         "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                         "\"s\":{\"dtype\":\"U32\",\"shape\":[],\"data_offsets\":[7,11]}}   ";
    size_t length;
    lw_error err;
    uint8_t *bytes = make_file(header, 11, &length);
    lw_safetensors *file = NULL;
    lwt_assert_ok(lw_safetensors_parse(bytes, length, "m", limits, &file, &err), &err);
    assert_int_equal(lw_safetensors_count(file), 4);
    static const char *const order[] = {"a", "e", "b", "s"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(lw_safetensors_at(file, i)->name, order[i]);
    const lw_tensor *b = lw_safetensors_find(file, "b");
    assert_int_equal(b->dtype, LW_DTYPE_I16);
    assert_int_equal(b->rank, 1);
    assert_int_equal(b->shape[0], 2);
    assert_int_equal(b->elements, 2);
    assert_memory_equal(b->data, "\3\4\5\6", 4);
    assert_int_equal(lw_safetensors_find(file, "s")->elements, 1);
    assert_int_equal(lw_safetensors_find(file, "e")->bytes, 0);
    assert_null(lw_safetensors_find(file, "__metadata__"));
    assert_string_equal(lw_safetensors_metadata(file, "k"), "v");
    assert_null(lw_safetensors_metadata(file, "none"));
    float values[3];
    assert_false(lw_tensor_to_f32(b, values));
    lw_safetensors_free(&file);
    assert_null(file);
    lw_safetensors_free(&file);
    free(bytes);
}

#define ENTRY(dtype, shape, offsets) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void refuses_what_is_not_exact(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t payload;
        const char *sentence;
    } cases[] = {
        {"[]", 0, "start with '{'"},
        {" {}", 0, "start with '{'"},
        {"{", 0, "m.safetensors:1"},
        {"{\"a\":1}", 0, "tensor 'a': expected exactly"},
        {"{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"a\":" ENTRY("F32", "[1]", "[0,4]") "}", 4, "duplicate"},
        {"{\"a\":" ENTRY("F31", "[1]", "[0,4]") "}", 4, "unknown dtype"},
        {"{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown dtype"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", 1, "expected exactly"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"offsets\":[0,1]}}", 1, "data_offsets"},
        {"{\"a\":" ENTRY("F32", "[-1]", "[0,4]") "}", 4, "other than a size"},
        {"{\"a\":" ENTRY("F32", "[1.0]", "[0,4]") "}", 4, "other than a size"},
        {"{\"a\":" ENTRY("F32", "4", "[0,4]") "}", 4, "shape is not"},
        {"{\"a\":" ENTRY("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1, "shape is not"},
        {"{\"a\":" ENTRY("F32", "[4294967296,4294967296]", "[0,4]") "}", 4, "overflows"},
        {"{\"a\":" ENTRY("F64", "[4611686018427387904]", "[0,0]") "}", 0, "disagree"},
        {"{\"a\":" ENTRY("F32", "[99999999999999999999]", "[0,4]") "}", 4, "too big"},
        {"{\"a\":" ENTRY("F32", "[2]", "[0,4]") "}", 4, "disagree"},
        {"{\"a\":" ENTRY("F32", "[1]", "[4,0]") "}", 4, "outside the file"},
        {"{\"a\":" ENTRY("F32", "[1]", "[0,4]") "}", 3, "outside the file"},
        {"{\"a\":" ENTRY("F32", "[1]", "[0,4,8]") "}", 8, "[begin, end]"},
        {"{\"a\":" ENTRY("F32", "[1]", "[0,4]") "}", 5, "tensors end after 4 bytes, the file after 5"},
        {"{\"a\":" ENTRY("F32", "[1]", "[1,5]") "}", 5, "gap"},
        {"{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"b\":" ENTRY("F32", "[1]", "[2,6]") "}", 6, "overlaps"},
        {"{\"a\":" ENTRY("F32", "[1]", "[0,4]") ",\"b\":" ENTRY("F32", "[1]", "[0,4]") "}", 4, "overlaps"},
        {"{\"__metadata__\":[]}", 0, "__metadata__"},
        {"{\"__metadata__\":{\"k\":1}}", 0, "metadata 'k'"},
        {"{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0}", 0, "at most 8"},
        {"{}", 1, "the file after 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lw_error err;
        lwt_assert_fails(parse_text(cases[i].header, cases[i].payload, &err), LW_ERR_MODEL, &err, cases[i].sentence);
        lwt_assert_fails(parse_text(cases[i].header, cases[i].payload, NULL), LW_ERR_MODEL, NULL, NULL);
    }
    assert_int_equal(parse_text("{}", 0, NULL), LW_OK);
}

static void refuses_every_truncation(void **state) {
    (void)state;
    size_t length;
    uint8_t *bytes = make_file("{\"a\":" ENTRY("F32", "[2]", "[0,8]") "}", 8, &length);
    for (size_t kept = 0; kept < length; kept++) {
        /* A copy of the exact size, so that a sanitizer reports a read past it. */
        uint8_t *part = malloc(kept + 1);
        memcpy(part + 1, bytes, kept);
        lw_safetensors *file = NULL;
        lw_error err;
        lwt_assert_fails(lw_safetensors_parse(part + 1, kept, "m", limits, &file, &err), LW_ERR_MODEL, &err, "m");
        assert_null(file);
        free(part);
    }
    free(bytes);
}

static void header_length_is_bounded(void **state) {
    (void)state;
    lw_error err;
    lw_safetensors *file = NULL;
    const uint64_t lengths[] = {0, 3, 1 << 20, (1 << 20) + 1, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t bytes[10] = {0};
        memcpy(bytes, &lengths[i], 8);
        memcpy(bytes + 8, "{}", 2);
        lwt_assert_fails(lw_safetensors_parse(bytes, 10, "m", limits, &file, &err), LW_ERR_MODEL, &err, "header");
    }
}

static void converts_to_f32(void **state) {
    (void)state;
    static const struct {
        uint16_t half;
        float value;
    } halves[] = {{0x0000, 0.0f},     {0x3c00, 1.0f},     {0xc000, -2.0f},        {0x3555, 0.333251953125f},
                  {0x7bff, 65504.0f}, {0x0001, 0x1p-24f}, {0x03ff, 0x1.ff8p-15f}, {0x0400, 0x1p-14f},
                  {0x7c00, INFINITY}, {0xfc00, -INFINITY}};
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        uint8_t unaligned[3];
        memcpy(unaligned + 1, &halves[i].half, 2);
        lw_tensor tensor = {.dtype = LW_DTYPE_F16, .elements = 1, .bytes = 2, .data = unaligned + 1};
        float value = 99;
        assert_true(lw_tensor_to_f32(&tensor, &value));
        assert_true(value == halves[i].value);
    }
    const uint16_t negative_zero = 0x8000, nan_half = 0x7e01;
    float value;
    assert_true(lw_tensor_to_f32(&(lw_tensor){.dtype = LW_DTYPE_F16, .elements = 1, .bytes = 2, .data = &negative_zero},
                                 &value));
    assert_true(value == 0 && signbit(value));
    assert_true(
        lw_tensor_to_f32(&(lw_tensor){.dtype = LW_DTYPE_F16, .elements = 1, .bytes = 2, .data = &nan_half}, &value));
    assert_true(isnan(value));
    const double wide[2] = {1.0 / 3, -1e300};
    float narrow[2];
    assert_true(
        lw_tensor_to_f32(&(lw_tensor){.dtype = LW_DTYPE_F64, .elements = 2, .bytes = 16, .data = wide}, narrow));
    assert_true(narrow[0] == (float)(1.0 / 3) && narrow[1] == -INFINITY);
}

static const float weights[6] = {1, -2, 3.5f, 0, 1e-30f, 7};
static const int16_t counts[3] = {-1, 300, 0};
static const lw_tensor_spec specs[] = {
    {"layer.weight", LW_DTYPE_F32, 2, {2, 3}, weights},
    {"none", LW_DTYPE_F64, 1, {0}, NULL},
    {"counts", LW_DTYPE_I16, 1, {3}, counts},
};
static const lw_metadata_item items[] = {{"leadwise.format", "test/1"}, {"quoted", "a \"b\"\n\xc3\xa9"}};

static void writes_what_it_reads(void **state) {
    (void)state;
    lw_error err;
    const char *path = lwt_temp_path("out.safetensors");
    lwt_assert_ok(lw_safetensors_write(path, specs, 3, items, 2, &err), &err);
    lw_safetensors *file = NULL;
    lwt_assert_ok(lw_safetensors_open(path, limits, &file, &err), &err);
    assert_int_equal(lw_safetensors_count(file), 3);
    assert_memory_equal(lw_safetensors_find(file, "layer.weight")->data, weights, sizeof weights);
    assert_memory_equal(lw_safetensors_find(file, "counts")->data, counts, sizeof counts);
    assert_string_equal(lw_safetensors_metadata(file, "quoted"), items[1].value);
    lw_safetensors_free(&file);
}

/* The layout by hand, byte for byte: the length word, the JSON, the padding to 64, the tensors. */
static void writes_the_layout(void **state) {
    (void)state;
    lw_error err;
    static const char json[] = "{\"__metadata__\":{\"k\":\"v\"},"
                               "\"counts\":{\"dtype\":\"I16\",\"shape\":[3],\"data_offsets\":[0,6]}}";
    char *header = NULL;
    size_t header_bytes = 0;
    const lw_metadata_item item = {"k", "v"};
    lwt_assert_ok(lw_safetensors_header(&specs[2], 1, &item, 1, 0, &header, &header_bytes, &err), &err);
    assert_int_equal(header_bytes, 128);
    assert_memory_equal(header, "\x78\0\0\0\0\0\0\0", 8);
    assert_memory_equal(header + 8, json, sizeof json - 1);
    for (size_t i = 8 + sizeof json - 1; i < header_bytes; i++)
        assert_int_equal(header[i], ' ');
    free(header);
    lwt_assert_ok(lw_safetensors_header(&specs[2], 1, &item, 1, 1000, &header, &header_bytes, &err), &err);
    assert_int_equal(header_bytes, 1024);
    free(header);
    const char *path = lwt_temp_path("layout.safetensors");
    lwt_assert_ok(lw_safetensors_write(path, &specs[2], 1, &item, 1, &err), &err);
    size_t length;
    char *bytes = lwt_read_file(path, &length);
    assert_int_equal(length, 128 + 6);
    assert_memory_equal(bytes + 128, "\xff\xff\x2c\x01\0\0", 6);
    free(bytes);
}

static void refuses_to_write_nonsense(void **state) {
    (void)state;
    lw_error err;
    const char *path = lwt_temp_path("nonsense.safetensors");
    const lw_tensor_spec twice[] = {specs[1], specs[1]};
    const lw_tensor_spec huge = {"huge", LW_DTYPE_F64, 2, {SIZE_MAX / 2, 2}, NULL};
    const lw_metadata_item bad = {"k", "\xff"};
    lwt_assert_fails(lw_safetensors_write(path, twice, 2, NULL, 0, &err), LW_ERR_ARGUMENT, &err, "'none'");
    lwt_assert_fails(lw_safetensors_write(path, &huge, 1, NULL, 0, &err), LW_ERR_ARGUMENT, &err, "'huge'");
    lwt_assert_fails(lw_safetensors_write(path, specs, 1, &bad, 1, &err), LW_ERR_ARGUMENT, &err, "'k'");
    assert_int_not_equal(access(path, F_OK), 0);
    lwt_assert_fails(lw_safetensors_write("/nowhere/x", specs, 1, NULL, 0, &err), LW_ERR_IO, &err, "/nowhere/x");
    if (access("/dev/full", W_OK) == 0)
        lwt_assert_fails(lw_safetensors_write("/dev/full", specs, 1, NULL, 0, &err), LW_ERR_IO, &err, "/dev/full");
}

/* An independent reader: Python's struct and json, as in the format's description. */
static void python_reads_it(void **state) {
    (void)state;
    lw_error err;
    const char *path = lwt_temp_path("python.safetensors");
    lwt_assert_ok(lw_safetensors_write(path, specs, 3, items, 2, &err), &err);
    if (system("python3 -c 'import json, struct' 2>/dev/null") != 0)
        skip();
    const char *script = lwt_temp_path("read.py");
    static const char program[] =
        "import json, struct, sys\n"
        "raw = open(sys.argv[1], 'rb').read()\n"
        "n = struct.unpack('<Q', raw[:8])[0]\n"
        "header = json.loads(raw[8:8 + n])\n"
        "assert (8 + n) % 64 == 0\n"
        "assert header.pop('__metadata__') == {'leadwise.format': 'test/1', 'quoted': 'a \"b\"\\n\\u00e9'}\n"
        "def tensor(name, code):\n"
        "    begin, end = header[name]['data_offsets']\n"
        "    return list(struct.unpack('<' + code, raw[8 + n + begin:8 + n + end]))\n"
        "assert list(header) == ['layer.weight', 'none', 'counts']\n"
        "assert header['layer.weight']['shape'] == [2, 3] and header['none']['shape'] == [0]\n"
        "assert tensor('layer.weight', '6f')[:4] == [1, -2, 3.5, 0] and tensor('none', '') == []\n"
        "assert tensor('counts', '3h') == [-1, 300, 0]\n";
    lwt_write_file(script, program, sizeof program - 1);
    char command[2200];
    snprintf(command, sizeof command, "python3 '%s' '%s'", script, path);
    assert_int_equal(system(command), 0);
}

static void files_of_another_writer_open(void **state) {
    (void)state;
    const char *path = lwt_source_path("tests/data");
    char command[2200], name[1024] = "";
    snprintf(command, sizeof command, "find '%s' -name '*.safetensors' | LC_ALL=C sort", path);
    FILE *listing = popen(command, "r");
    assert_non_null(listing);
    size_t opened = 0;
    while (fgets(name, sizeof name, listing)) {
        name[strcspn(name, "\n")] = '\0';
        lw_error err;
        lw_safetensors *file = NULL;
        const lw_safetensors_limits generous = {1 << 20, 4096};
        lwt_assert_ok(lw_safetensors_open(name, generous, &file, &err), &err);
        assert_true(lw_safetensors_count(file) > 0);
        lw_safetensors_free(&file);
        opened++;
    }
    pclose(listing);
    assert_int_equal(opened, 11);
}

/* FIPS 180-4 examples: "abc", the empty message, and a million times 'a'. */
static void sha256_gives_its_published_answers(void **state) {
    (void)state;
    char hex[LW_SHA256_HEX];
    lw_sha256_of("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    lw_sha256_of(NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    lw_sha256 hash;
    lw_sha256_start(&hash);
    char block[1000];
    memset(block, 'a', sizeof block);
    for (int i = 0; i < 1000; i++)
        lw_sha256_update(&hash, block, sizeof block);
    lw_sha256_finish(&hash, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_hand_made_file),
        cmocka_unit_test(refuses_what_is_not_exact),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(header_length_is_bounded),
        cmocka_unit_test(converts_to_f32),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(writes_the_layout),
        cmocka_unit_test(refuses_to_write_nonsense),
        cmocka_unit_test(python_reads_it),
        cmocka_unit_test(files_of_another_writer_open),
        cmocka_unit_test(sha256_gives_its_published_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
