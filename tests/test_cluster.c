/* These tests check that all ranks end with one division of the work, one failure and the same data. */
#include "cluster_support.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"

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

/* What a rank's step gives, and what the rank ends with. */
typedef struct meeting {
    lw_status brings, takes;
    int rank, executed;
    lw_ranks who;
    lw_error err;
} meeting;

static lw_status bring(void *context, lw_error *err) {
    meeting *m = context;
    m->executed++;
    return m->brings == LW_OK ? LW_OK : lw_error_set(err, m->brings, "rank %d: \xc3\xa9t\xc3\xa9", m->rank);
}

static void meet(const lw_cluster *cluster, void *task) {
    meeting *m = task;
    m->rank = cluster->rank;
    m->takes = lw_collective_run(cluster, m->who, bring, m, &m->err);
}

static void check_meeting(int size, const lw_status *brought, lw_status expected, const char *sentence) {
    meeting meetings[LWT_RANKS_MAX] = {{0}};
    for (int r = 0; r < size; r++)
        meetings[r].brings = brought[r];
    lwt_run_ranks(size, meet, meetings, sizeof meetings[0]);
    for (int r = 0; r < size; r++) {
        assert_int_equal(meetings[r].takes, expected);
        assert_int_equal(meetings[r].executed, 1);
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

static void the_first_rank_alone_executes_a_step_of_its_own(void **state) {
    (void)state;
    meeting meetings[3] = {{.who = LW_FIRST_RANK, .brings = LW_ERR_IO}, {.who = LW_FIRST_RANK}, {.who = LW_FIRST_RANK}};
    lwt_run_ranks(3, meet, meetings, sizeof meetings[0]);
    for (int r = 0; r < 3; r++) {
        assert_int_equal(meetings[r].executed, r == 0);
        lwt_assert_fails(meetings[r].takes, LW_ERR_IO, &meetings[r].err, "rank 0: ");
    }
    /* What the others would have brought does not count. */
    meeting others[2] = {{.who = LW_FIRST_RANK}, {.who = LW_FIRST_RANK, .brings = LW_ERR_IO}};
    lwt_run_ranks(2, meet, others, sizeof others[0]);
    assert_true(others[0].takes == LW_OK && others[1].takes == LW_OK);
}

static void meet_without_a_sentence(const lw_cluster *cluster, void *task) {
    meeting *m = task;
    m->rank = cluster->rank;
    m->takes = lw_collective_run(cluster, LW_EVERY_RANK, bring, m, m->brings != LW_OK ? NULL : &m->err);
}

static void a_sentence_travels_from_a_rank_that_wants_none(void **state) {
    (void)state;
    meeting meetings[2] = {{.brings = LW_OK}, {.brings = LW_ERR_MODEL}};
    lwt_run_ranks(2, meet_without_a_sentence, meetings, sizeof meetings[0]);
    assert_int_equal(meetings[1].takes, LW_ERR_MODEL);
    lwt_assert_fails(meetings[0].takes, LW_ERR_MODEL, &meetings[0].err, "rank 1: ");
}

static void alone_a_status_is_the_step_s(void **state) {
    (void)state;
    lw_error err = {0};
    meeting failing = {.brings = LW_ERR_IO, .rank = 7}, fine = {.brings = LW_OK};
    lwt_assert_fails(lw_collective_run(NULL, LW_EVERY_RANK, bring, &failing, &err), LW_ERR_IO, &err, "rank 7: ");
    assert_int_equal(lw_collective_run(&(lw_cluster){.size = 1}, LW_FIRST_RANK, bring, &fine, NULL), LW_OK);
    assert_int_equal(fine.executed, 1);
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

/* Rank 1 stops the cluster; the others wait until they observe it. */
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
        cmocka_unit_test(items_are_dealt_once),
        cmocka_unit_test(all_take_the_first_failure),
        cmocka_unit_test(alone_a_status_is_the_step_s),
        cmocka_unit_test(what_differs_is_found),
        cmocka_unit_test(the_first_rank_alone_executes_a_step_of_its_own),
        cmocka_unit_test(a_sentence_travels_from_a_rank_that_wants_none),
        cmocka_unit_test(one_rank_stops_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
