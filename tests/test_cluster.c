/* Ranks agree: on who does what, on one failure, on holding the same. */
#include "cluster_support.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/ranks.h"

static void items_are_dealt_once(void **state) {
    (void)state;
    for (int size = 1; size <= 4; size++)
        for (size_t item = 0; item < 11; item++) {
            int owners = 0;
            for (int rank = 0; rank < size; rank++)
                owners += lw_cluster_owns(&(lw_cluster){.rank = rank, .size = size}, item);
            assert_int_equal(owners, 1);
        }
    assert_true(lw_cluster_owns(NULL, 7));
    assert_true(lw_cluster_leads(NULL) && lw_cluster_leads(&(lw_cluster){.rank = 0, .size = 3}));
    assert_false(lw_cluster_leads(&(lw_cluster){.rank = 2, .size = 3}));
    assert_false(lw_cluster_shares(NULL) || lw_cluster_shares(&(lw_cluster){.size = 1}));
}

/* A rank that comes with a status, and what it leaves with. */
typedef struct meeting {
    lw_status brings, takes;
    lw_error err;
} meeting;

static void meet(const lw_cluster *cluster, void *task) {
    meeting *m = task;
    if (m->brings != LW_OK)
        lw_fail(&m->err, m->brings, "rank %d: \xc3\xa9t\xc3\xa9", cluster->rank);
    m->takes = lw_cluster_agree(cluster, m->brings, &m->err);
}

static void check_meeting(int size, const lw_status *brought, lw_status expected, const char *sentence) {
    meeting meetings[LWT_RANKS_MAX] = {{0}};
    for (int r = 0; r < size; r++)
        meetings[r].brings = brought[r];
    lwt_run_ranks(size, meet, meetings, sizeof meetings[0]);
    for (int r = 0; r < size; r++) {
        assert_int_equal(meetings[r].takes, expected);
        assert_string_equal(meetings[r].err.message, sentence);
    }
}

static void all_take_the_first_failure(void **state) {
    (void)state;
    const lw_status fine[4] = {LW_OK}, last[4] = {LW_OK, LW_OK, LW_OK, LW_ERR_IO};
    const lw_status two[4] = {LW_OK, LW_ERR_MODEL, LW_OK, LW_ERR_IO};
    const lw_status stopped[3] = {LW_ERR_INTERRUPTED, LW_ERR_INTERRUPTED, LW_ERR_IO};
    const lw_status only_stopped[2] = {LW_OK, LW_ERR_INTERRUPTED};
    check_meeting(4, fine, LW_OK, "");
    check_meeting(4, last, LW_ERR_IO, "rank 3: \xc3\xa9t\xc3\xa9");
    check_meeting(4, two, LW_ERR_MODEL, "rank 1: \xc3\xa9t\xc3\xa9");
    check_meeting(3, stopped, LW_ERR_IO, "rank 2: \xc3\xa9t\xc3\xa9");
    check_meeting(2, only_stopped, LW_ERR_INTERRUPTED, "rank 1: \xc3\xa9t\xc3\xa9");
}

static void alone_a_status_is_as_it_was(void **state) {
    (void)state;
    lw_error err = {.status = LW_ERR_IO, .message = "mine"};
    assert_int_equal(lw_cluster_agree(NULL, LW_ERR_IO, &err), LW_ERR_IO);
    assert_string_equal(err.message, "mine");
    assert_int_equal(lw_cluster_agree(&(lw_cluster){.size = 1}, LW_OK, NULL), LW_OK);
    assert_int_equal(lw_cluster_check_same(NULL, "a", 1, "letter", &err), LW_OK);
    lw_cluster_stop(NULL);
    assert_false(lw_cluster_stopped(NULL));
}

/* What a rank holds. */
typedef struct holding {
    char letter;
    lw_status status;
    lw_error err;
} holding;

static void compare(const lw_cluster *cluster, void *task) {
    holding *h = task;
    h->status = lw_cluster_check_same(cluster, &h->letter, 1, "letter", &h->err);
}

static void what_differs_is_found(void **state) {
    (void)state;
    holding same[3] = {{.letter = 'a'}, {.letter = 'a'}, {.letter = 'a'}};
    lwt_run_ranks(3, compare, same, sizeof same[0]);
    holding other[3] = {{.letter = 'a'}, {.letter = 'a'}, {.letter = 'b'}};
    lwt_run_ranks(3, compare, other, sizeof other[0]);
    for (int r = 0; r < 3; r++) {
        assert_int_equal(same[r].status, LW_OK);
        lwt_assert_fails(other[r].status, LW_ERR_MISMATCH, &other[r].err, "rank 2 does not hold the letter of rank 0");
    }
}

/* Rank 1 asks; the others wait until they hear. */
static void ask_or_wait(const lw_cluster *cluster, void *task) {
    bool *heard = task;
    if (cluster->rank == 1)
        lw_cluster_stop(cluster);
    while (!lw_cluster_stopped(cluster))
        ;
    *heard = true;
}

static void one_rank_stops_all(void **state) {
    (void)state;
    bool heard[3] = {false};
    lwt_run_ranks(3, ask_or_wait, heard, sizeof heard[0]);
    assert_true(heard[0] && heard[1] && heard[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_dealt_once),        cmocka_unit_test(all_take_the_first_failure),
        cmocka_unit_test(alone_a_status_is_as_it_was), cmocka_unit_test(what_differs_is_found),
        cmocka_unit_test(one_rank_stops_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
