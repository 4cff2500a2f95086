/* A fuzz harness that lists a folder of two recordings whose labels.csv is its input. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"
#include "leadwise/dataset.h"

static void read_list(const lw_record_list *list) {
    const char *const *codes;
    size_t count;
    for (size_t i = 0; i < lw_record_list_count(list); i++) {
        if (!lw_record_list_path(list, i) || !lw_record_list_group(list, i))
            abort();
        for (size_t k = lw_record_list_codes(list, i, &codes, &count) ? count : 0; k > 0; k--)
            if (strlen(codes[k - 1]) == 0)
                abort();
    }
    for (size_t i = 0; i < lw_record_list_note_count(list); i++)
        if (strlen(lw_record_list_note(list, i)) == 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool made;
    if (!made) {
        if (mkdir(fuzz_path("r"), 0700) != 0)
            abort();
        fuzz_write("r/R1.hea", fuzz_part_of("R1 1 500 5000\n"));
        fuzz_write("r/R2.hea", fuzz_part_of("R2 1 500 5000\n"));
        made = true;
    }
    fuzz_write("r/labels.csv", (fuzz_part){data, size});
    const char *folder = fuzz_path("r");
    lw_record_list *list = NULL;
    lw_error err;
    const lw_status status = lw_record_list_scan(&folder, 1, NULL, &list, &err);
    fuzz_check(status, &err);
    if (status == LW_OK)
        read_list(list);
    lw_record_list_free(&list);
    return 0;
}
