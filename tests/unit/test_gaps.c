/* test_gaps.c - reasons why something was not scanned: each code has a slug, a class and a text,
 * and what is decided about a report follows from the code alone. */
#include "../../scanner/report/codec.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { JOB = 7, FILE_BYTES = 5 };

/* A gap with all that its code is about. */
static struct gap gap_with_argument(enum gap_code code)
{
    struct gap g = { .code = code };
    const struct gap all[] = { g,
                               { .code = code, .limit = LIMIT_inflated_bytes },
                               { .code = code, .number = SIGKILL },
                               { .code = code, .detail = "zip" } };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        g = gap_is_valid(&all[i]) ? all[i] : g;
    }

    assert_true(gap_is_valid(&g));
    return g;
}

static struct file_report file_with(struct unscanned *u, struct gap g)
{
    assert_true(unscanned_init(u, strdup("a.pkl"), &g));
    return (struct file_report){ .path = "a.pkl",
                                 .rel = "a.pkl",
                                 .format = "pickle",
                                 .size = FILE_BYTES,
                                 .bytes_searched = FILE_BYTES,
                                 .verdict = VERDICT_INCOMPLETE,
                                 .gaps = u,
                                 .num_gaps = 1 };
}

static void done(struct file_report *f)
{
    f->path = f->rel = NULL;
    file_report_done(f);
}

/* Does a report with that gap come through the codec?  Into f, which is done() afterwards. */
static bool passes_codec(struct gap g, struct file_report *f)
{
    struct unscanned u;
    struct file_report sent = file_with(&u, g);
    size_t n = 0;
    *f = (struct file_report){ .size = FILE_BYTES, .weights_only = -1 };
    uint8_t *wire = report_encode(&sent, rules_builtin(), JOB, &n);
    assert_non_null(wire);
    bool ok = report_decode(f, rules_builtin(), JOB, (struct bytes){ wire, n });
    free(wire);
    unscanned_done(&u);
    return ok;
}

static void each_code_has_its_own_slug(void **state)
{
    (void)state;
    for (int i = 1; i < NUM_GAP_CODES; i++) {
        const char *slug = gap_slug((enum gap_code)i);
        assert_true(slug[0] != 0 && strspn(slug, "abcdefghijklmnopqrstuvwxyz-") == strlen(slug));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(slug, gap_slug((enum gap_code)k));
        }
    }
}

static void each_code_passes_the_codec(void **state)
{
    (void)state;
    for (int i = 1; i < NUM_GAP_CODES; i++) {
        struct file_report f;
        struct gap g = gap_with_argument((enum gap_code)i);
        assert_true(passes_codec(g, &f));
        assert_int_equal(f.num_gaps, 1);
        assert_true(gap_equal(&f.gaps[0].gap, &g) && !f.complete);
        char *text = gap_text(&g);
        assert_string_equal(f.gaps[0].reason, text);
        free(text);
        done(&f);
    }
}

static void an_unknown_code_is_invalid(void **state)
{
    (void)state;
    const struct gap bad[] = {
        { .code = GAP_NONE },
        { .code = NUM_GAP_CODES },
        { .code = (enum gap_code)65535 },
        { .code = GAP_LIMIT, .limit = NUM_LIMITS },
        { .code = GAP_TRUNCATED, .limit = LIMIT_facts },
        { .code = GAP_TRUNCATED, .number = 1 },
        { .code = GAP_WORKER_CRASHED },
        { .code = GAP_WORKER_CRASHED, .number = 65 },
        { .code = GAP_CANNOT_OPEN, .number = 4096 },
        { .code = GAP_WORKER_EXITED, .number = 256 },
        { .code = GAP_MALFORMED },
        { .code = GAP_TRUNCATED, .detail = "zip" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(gap_is_valid(&bad[i]));
    }
}

/* The code stands behind the place, in two bytes. */
static void decoder_refuses_a_code_out_of_range(void **state)
{
    (void)state;
    struct unscanned u;
    struct file_report sent = file_with(&u, gap_of(GAP_TRUNCATED));
    size_t n = 0;
    uint8_t *wire = report_encode(&sent, rules_builtin(), JOB, &n);
    assert_non_null(wire);
    uint8_t *code = memmem(wire, n, "a.pkl", 5);
    assert_non_null(code);
    for (unsigned value = 0; value < 65536; value++) {
        struct file_report f = { .size = FILE_BYTES, .weights_only = -1 };
        code[5] = (uint8_t)value;
        code[6] = (uint8_t)(value >> 8);
        struct gap g = { .code = (enum gap_code)value };
        bool ok = report_decode(&f, rules_builtin(), JOB, (struct bytes){ wire, n });
        assert_int_equal(ok, gap_is_valid(&g));
        done(&f);
    }

    free(wire);
    unscanned_done(&u);
}

static void a_text_names_the_subject_of_its_code(void **state)
{
    (void)state;
    const struct {
        struct gap gap;
        const char *text;
    } rows[] = {
        { gap_of(GAP_OUT_OF_MEMORY), "out of memory" },
        { gap_limit(LIMIT_inflated_bytes), "limit inflated_bytes reached" },
        { gap_number(GAP_WORKER_KILLED, SIGKILL), "its worker was killed by signal 9 (Killed)" },
        { gap_number(GAP_WORKER_CRASHED, SIGSYS),
          "its worker was killed by signal 31 (a system call that parsers do not need)" },
        { gap_number(GAP_WORKER_EXITED, 4), "its worker ended with code 4" },
        { gap_errno(2), "No such file or directory" },
        { gap_detail(GAP_MALFORMED, "zip"), "malformed zip" },
        { gap_detail(GAP_MISSING_PARTS, "1 of the 3"), "1 of the 3 parts of this model are here" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = gap_text(&rows[i].gap);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

/* What HTTP status, store and exit code depend on, under any text. */
static void decisions_follow_the_code_not_the_text(void **state)
{
    (void)state;
    static const char *const texts[] = { "out of memory", "excluded", "cancelled", "limit x", "" };
    for (int i = 1; i < NUM_GAP_CODES; i++) {
        enum gap_code code = (enum gap_code)i;
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            struct unscanned u = { .where = "a", .gap.code = code, .reason = (char *)texts[k] };
            struct file_report f = { .complete = true, .gaps = &u, .num_gaps = 1 };
            struct report of_scan = { .gaps = &u, .num_gaps = 1 };
            struct report of_file = { .files = &f, .num_files = 1 };
            bool ours = gap_class(code) == GAP_OURS;
            bool chosen = gap_class(code) == GAP_CHOSEN;
            assert_int_equal(report_has_transient_gap(&of_scan), ours);
            assert_int_equal(report_has_transient_gap(&of_file), ours);
            assert_int_equal(report_incomplete(&of_scan), !chosen);
        }
    }
}

/* A class that changes is a change of what the daemon answers. */
static void classes_are_those_that_clients_rely_on(void **state)
{
    (void)state;
    static const enum gap_code ours[] = {
        GAP_CANCELLED,         GAP_SCAN_CANCELLED, GAP_OUT_OF_MEMORY,      GAP_NO_SPOOL,
        GAP_READ_FAILED,       GAP_FILE_CHANGED,   GAP_WORKER_NOT_STARTED, GAP_SCAN_PROCESS_LOST,
        GAP_WORKER_NO_SANDBOX, GAP_WORKER_KILLED,  GAP_REPLY_UNREADABLE,
    };

    for (int i = 1; i < NUM_GAP_CODES; i++) {
        bool wanted = false;
        for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++) {
            wanted |= (int)ours[k] == i;
        }
        assert_int_equal(gap_class((enum gap_code)i) == GAP_OURS, wanted);
        assert_int_equal(gap_class((enum gap_code)i) == GAP_CHOSEN,
                         i == GAP_EXCLUDED || i == GAP_FOLDER_SYMLINK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_its_own_slug),
        cmocka_unit_test(each_code_passes_the_codec),
        cmocka_unit_test(an_unknown_code_is_invalid),
        cmocka_unit_test(decoder_refuses_a_code_out_of_range),
        cmocka_unit_test(a_text_names_the_subject_of_its_code),
        cmocka_unit_test(decisions_follow_the_code_not_the_text),
        cmocka_unit_test(classes_are_those_that_clients_rely_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
