/* Tests of files: reading and mapping within limits, atomic writes, folders, and the allocations that hold them. */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static void reads_and_maps(void **state) {
    (void)state;
    lw_error err;
    lw_bytes bytes = {0};
    const char *path = lwt_temp_path("plain");
    lwt_write_file(path, "hello", 5);
    lwt_assert_ok(lw_bytes_read(path, 5, &bytes, &err), &err);
    assert_int_equal(bytes.length, 5);
    assert_memory_equal(bytes.data, "hello", 6); /* with the 0 that follows */
    lw_bytes_free(&bytes);
    assert_null(bytes.data);
    lw_bytes_free(&bytes);
    lwt_assert_ok(lw_bytes_map(path, &bytes, &err), &err);
    assert_int_equal(bytes.length, 5);
    assert_memory_equal(bytes.data, "hello", 5);
    lw_bytes_free(&bytes);
    lwt_assert_fails(lw_bytes_read(path, 4, &bytes, &err), LW_ERR_FORMAT, &err, "expected at most 4");
    lwt_write_file(path, "", 0);
    lwt_assert_ok(lw_bytes_map(path, &bytes, &err), &err);
    assert_int_equal(bytes.length, 0);
    lwt_assert_ok(lw_bytes_read(path, 0, &bytes, &err), &err);
    assert_int_equal(bytes.length, 0);
    lw_bytes_free(&bytes);
}

static void refuses_what_is_not_a_file(void **state) {
    (void)state;
    lw_error err;
    lw_bytes bytes = {0};
    const char *fifo = lwt_temp_path("fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {lwt_temp_dir(), fifo, "/dev/null", "/nowhere/file", ""};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        lwt_assert_fails(lw_bytes_read(paths[i], 0, &bytes, &err), LW_ERR_IO, &err, paths[i]);
        lwt_assert_fails(lw_bytes_map(paths[i], &bytes, &err), LW_ERR_IO, &err, paths[i]);
    }
    assert_int_equal(unlink(fifo), 0);
}

static void reads_only_below_the_folder(void **state) {
    (void)state;
    lw_error err;
    lw_bytes bytes = {0};
    lwt_assert_ok(lw_folder_create(lwt_temp_path("below/sub"), &err), &err);
    lwt_write_file(lwt_temp_path("outside"), "secret", 6);
    lwt_write_file(lwt_temp_path("below/sub/file.dat"), "data", 4);
    assert_int_equal(symlink("../outside", lwt_temp_path("below/link")), 0);
    assert_int_equal(symlink("../../outside", lwt_temp_path("below/sub/deeplink")), 0);
    assert_int_equal(symlink("sub", lwt_temp_path("below/folderlink")), 0);
    assert_int_equal(mkfifo(lwt_temp_path("below/fifo"), 0600), 0);
    int folder = open(lwt_temp_path("below"), O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);

    lwt_assert_ok(lw_bytes_read_below(folder, "sub/file.dat", "r.hea", 0, &bytes, &err), &err);
    assert_memory_equal(bytes.data, "data", 5);
    lw_bytes_free(&bytes);
    lwt_assert_ok(lw_bytes_read_below(folder, "link", "r.hea", 0, &bytes, &err), &err); /* it stands in the folder */
    assert_memory_equal(bytes.data, "secret", 7);
    lw_bytes_free(&bytes);
    char outside[1100];
    snprintf(outside, sizeof outside, "%s/outside", lwt_temp_dir());
    char long_name[400];
    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    const char *const hostile[] = {"../outside",
                                   "sub/../../outside",
                                   outside,
                                   "sub/deeplink",
                                   "folderlink/file.dat",
                                   "fifo",
                                   "sub",
                                   "",
                                   ".",
                                   "..",
                                   "sub/",
                                   "sub//file.dat",
                                   "./sub/file.dat",
                                   long_name,
                                   "sub/file.dat/x"};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
        lwt_assert_fails(lw_bytes_read_below(folder, hostile[i], "r.hea", 0, &bytes, &err), LW_ERR_FORMAT, &err,
                         "r.hea");
    lwt_assert_fails(lw_bytes_read_below(folder, "sub/none", "r.hea", 0, &bytes, &err), LW_ERR_IO, &err, "r.hea");
    lwt_assert_fails(lw_bytes_read_below(folder, "sub/file.dat", "r.hea", 3, &bytes, &err), LW_ERR_FORMAT, &err,
                     "r.hea");
    assert_null(bytes.data);
    close(folder);
}

/** Entries of the folder, without . and .. */
static size_t count_entries(const char *path) {
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void atomic_write_is_all_or_nothing(void **state) {
    (void)state;
    lw_error err;
    lwt_assert_ok(lw_folder_create(lwt_temp_path("atomic"), &err), &err);
    const char *folder = lwt_temp_path("atomic"), *path = lwt_temp_path("atomic/file");
    lwt_assert_ok(lw_file_write(path, "old", 3, &err), &err);

    lw_output *file = NULL;
    lwt_assert_ok(lw_output_create(path, &file, &err), &err);
    lwt_assert_ok(lw_output_write(file, "new", 3, &err), &err);
    assert_int_equal(fflush(file->stream), 0);
    char *text = lwt_read_file(path, NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(count_entries(folder), 2);
    lw_output_abandon(&file);
    assert_int_equal(count_entries(folder), 1);

    lwt_assert_ok(lw_output_create(path, &file, &err), &err);
    lwt_assert_ok(lw_output_write(file, "new", 3, &err), &err);
    lwt_assert_ok(lw_output_close(&file, &err), &err);
    lw_output_abandon(&file);
    text = lwt_read_file(path, NULL);
    assert_string_equal(text, "new");
    free(text);
    assert_int_equal(count_entries(folder), 1);
    struct stat info;
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
}

/* Writes to a full device succeed into the buffer and fail on the way out, as on a full disk. */
static void failed_write_keeps_the_old_file(void **state) {
    (void)state;
    lw_error err;
    lwt_assert_ok(lw_folder_create(lwt_temp_path("full"), &err), &err);
    const char *path = lwt_temp_path("full/file");
    lwt_assert_ok(lw_file_write(path, "old", 3, &err), &err);
    if (access("/dev/full", W_OK) != 0)
        skip();
    lw_output *file = NULL;
    lwt_assert_ok(lw_output_create(path, &file, &err), &err);
    FILE *full = freopen("/dev/full", "wb", file->stream);
    assert_non_null(full);
    file->stream = full;
    lwt_assert_ok(lw_output_write(file, "new", 3, &err), &err);
    lwt_assert_fails(lw_output_close(&file, &err), LW_ERR_IO, &err, "No space left");
    char *text = lwt_read_file(path, NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(count_entries(lwt_temp_path("full")), 1);
}

static void writes_refuse_devices_and_folders(void **state) {
    (void)state;
    lw_error err;
    const char *const paths[] = {"/dev/null", lwt_temp_dir(), "/nowhere/file"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        lwt_assert_fails(lw_file_write(paths[i], "x", 1, &err), LW_ERR_IO, &err, paths[i]);
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void folders_are_made_and_paths_are_joined(void **state) {
    (void)state;
    lw_error err;
    struct stat info;
    const char *deep = lwt_temp_path("one/two//three/");
    lwt_assert_ok(lw_folder_create(deep, &err), &err);
    lwt_assert_ok(lw_folder_create(deep, &err), &err);
    assert_int_equal(stat(lwt_temp_path("one/two/three"), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    lwt_write_file(lwt_temp_path("one/file"), "", 0);
    lwt_assert_fails(lw_folder_create(lwt_temp_path("one/file"), &err), LW_ERR_IO, &err, "not a folder");
    lwt_assert_fails(lw_folder_create(lwt_temp_path("one/file/x"), &err), LW_ERR_IO, &err, "one/file");
    lwt_assert_fails(lw_folder_create("", &err), LW_ERR_IO, &err, NULL);
    static const char *const joins[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < 4; i++) {
        char *joined = lw_path_join(joins[i][0], joins[i][1]);
        assert_string_equal(joined, joins[i][2]);
        free(joined);
    }
    assert_string_equal(lw_path_base("a/b.hea"), "b.hea");
    assert_string_equal(lw_path_base("b.hea"), "b.hea");
    assert_string_equal(lw_path_base("a/"), "");
}

static void allocations_are_checked_and_aligned(void **state) {
    (void)state;
    size_t product;
    assert_true(lw_size_mul(1u << 20, 1u << 10, &product) && product == 1u << 30);
    assert_false(lw_size_mul(SIZE_MAX, 2, &product));
    volatile size_t huge = SIZE_MAX / 2; /* volatile: or the compiler warns of what is tested here */
    assert_null(lw_calloc(huge, 4));
    assert_null(lw_aligned_alloc(huge * 2));
    void *empty = lw_calloc(0, 8);
    assert_non_null(empty);
    free(empty);
    const size_t sizes[] = {0, 1, 100, 5 << 20};
    for (size_t i = 0; i < 4; i++) {
        unsigned char *block = lw_aligned_alloc(sizes[i]);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % LW_ALIGNMENT, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_true(block[k] == 0);
        lw_aligned_free(block);
    }
}

static void arena_plans_then_allocates(void **state) {
    (void)state;
    lw_arena arena = {0};
    size_t a = lw_arena_plan(&arena, 3, sizeof(float)), b = lw_arena_plan(&arena, 100, 1),
           c = lw_arena_plan(&arena, 0, 4);
    assert_int_equal(a, 0);
    assert_int_equal(b, 64);
    assert_int_equal(c, 192);
    assert_true(lw_arena_allocate(&arena));
    assert_int_equal((uintptr_t)lw_arena_at(&arena, b) % LW_ALIGNMENT, 0);
    memset(lw_arena_at(&arena, b), 1, 100);
    lw_arena_free(&arena);
    assert_null(arena.base);

    assert_int_equal(lw_arena_plan(&arena, 100, 1), 0);
    assert_int_equal(lw_arena_plan(&arena, SIZE_MAX / 2, 4), SIZE_MAX);
    assert_int_equal(lw_arena_plan(&arena, 1, 1), SIZE_MAX);
    assert_false(lw_arena_allocate(&arena));
    lw_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_maps),
        cmocka_unit_test(refuses_what_is_not_a_file),
        cmocka_unit_test(reads_only_below_the_folder),
        cmocka_unit_test(atomic_write_is_all_or_nothing),
        cmocka_unit_test(failed_write_keeps_the_old_file),
        cmocka_unit_test(writes_refuse_devices_and_folders),
        cmocka_unit_test(folders_are_made_and_paths_are_joined),
        cmocka_unit_test(allocations_are_checked_and_aligned),
        cmocka_unit_test(arena_plans_then_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
