/* test_failures.c - reasons of verification, signing and the store: each code has a text, each
 * failure a slug of its own. */
#include "../../scanner/attest/sign_error.h"
#include "../../scanner/attest/verify_failure.h"
#include "../../scanner/store/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#undef fail

static void each_failure_has_its_own_slug(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_VERIFY_FAILURES; i++) {
        const char *slug = failure_slug((enum verify_failure)i);
        assert_true(slug[0] != 0 && strspn(slug, "abcdefghijklmnopqrstuvwxyz-") == strlen(slug));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(slug, failure_slug((enum verify_failure)k));
        }
    }
}

static void keep(void *ctx, const struct failure *f)
{
    enum verify_failure *last = ctx;
    *last = f->code;
    assert_string_equal(f->slug, failure_slug(f->code));
    assert_string_equal(f->text, "1 of 2");
}

/* Exit code 2 instead of 1: by the code, whatever the text says. */
static void only_unreadable_is_no_answer(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_VERIFY_FAILURES; i++) {
        enum verify_failure code = (enum verify_failure)i, last = NUM_VERIFY_FAILURES;
        struct failures c = { .sink = keep, .ctx = &last };
        fail(&c, code, NULL, "%d of %d", 1, 2);
        assert_int_equal(last, code);
        assert_int_equal(c.n, 1);
        assert_int_equal(c.unreadable, code == FAIL_UNREADABLE);
    }
}

static void each_error_has_a_text(void **state)
{
    (void)state;
    for (int i = 1; i < NUM_SIGN_ERRORS; i++) {
        assert_true(sign_error_text((enum sign_error)i)[0] != 0);
    }
    for (int i = 1; i < NUM_STORE_ERRORS; i++) {
        assert_true(store_error_text((enum store_error)i)[0] != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_failure_has_its_own_slug),
                                        cmocka_unit_test(only_unreadable_is_no_answer),
                                        cmocka_unit_test(each_error_has_a_text) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
