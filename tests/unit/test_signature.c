/* test_signature.c - the language of signatures: what a pattern accepts, and which text is one. */
#include "../../rules/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static bool build(const char *pattern, const char *types)
{
    char signature[256];
    snprintf(signature, sizeof signature, "build %s", pattern);
    return signature_accepts(bytes_of(signature), BYTES("build"), bytes_of(types));
}

static void words_accept_their_types_only(void **state)
{
    (void)state;
    assert_true(build("int", "int"));
    assert_false(build("int", "float"));
    assert_true(build("text", "text=abc"));
    assert_false(build("text", "text?"));
    assert_true(build("text=latin1", "text=latin1"));
    assert_false(build("text=latin1", "text=latin"));
    assert_false(build("text=latin1", "text"));
    assert_true(build("dtype", "dtype:object"));
    assert_false(build("dtype", "dtype:unclear"));
    assert_true(build("array", "object:numpy.ndarray"));
    assert_false(build("array", "object:numpy.ndarrays"));
    assert_true(build("name", "name:os.system"));
    assert_false(build("name", "object:os.system"));
}

static void any_accepts_all_but_the_unknown(void **state)
{
    (void)state;
    assert_true(build("any", "(int,(name:a.b,text=unknown))"));
    assert_false(build("any", "unknown"));
    assert_false(build("any", "(int,(text,unknown))"));
    assert_false(build("any", "(dtype:unclear)"));
}

static void data_holds_no_names(void **state)
{
    (void)state;
    assert_true(build("data", "(int,(text=a,list),dict)"));
    assert_false(build("data", "(int,name:a.b)"));
    assert_false(build("data", "dict?"));
}

static void keys_of_a_state_are_denied_by_name(void **state)
{
    (void)state;
    assert_true(build("dict!run", "dict"));
    assert_true(build("dict!run", "dict{walk}"));
    assert_false(build("dict!run", "dict{walk,run}"));
    assert_false(build("dict", "dict{__class__}"));
    assert_true(build("dict+__class__", "dict{__class__}"));
    assert_false(build("dict", "dict?"));
    assert_false(build("dict", "dictionary"));
}

static void tuples_match_item_by_item(void **state)
{
    (void)state;
    assert_true(build("(int,text)", "(int,text=a)"));
    assert_false(build("(int,text)", "(int)"));
    assert_false(build("(int,text)", "(int,text,int)"));
    assert_true(build("()", "()"));
    assert_false(build("()", "(int)"));
    assert_true(build("(int...)", "()"));
    assert_true(build("(int...,text)", "(int,int,text=a)"));
    assert_false(build("(int...)", "(int,text)"));
    assert_true(build("(int|text,(none)|dict)", "(text=a,dict)"));
    assert_true(build("tuple", "(...)"));
    assert_false(build("(int...)", "(...)"));
}

static void an_operation_without_a_clause_has_the_default(void **state)
{
    (void)state;
    struct bytes none = { NULL, 0 };
    assert_true(signature_accepts(none, BYTES("build"), BYTES("(none,dict)")));
    assert_false(signature_accepts(none, BYTES("build"), BYTES("list")));
    assert_false(signature_accepts(none, BYTES("build"), BYTES("(dict,dict{__class__})")));
    assert_true(signature_accepts(none, BYTES("call"), BYTES("(int)")));
    assert_false(signature_accepts(BYTES("call () ; build list"), BYTES("call"), BYTES("(int)")));
    assert_true(signature_accepts(BYTES("call () ; build list"), BYTES("build"), BYTES("list")));
    assert_true(signature_accepts(BYTES("call ()"), BYTES("build"), BYTES("dict")));
}

static void an_invalid_signature_is_refused(void **state)
{
    (void)state;
    assert_null(signature_check(BYTES("call (int...) ; build dict!a+__b__|none")));
    assert_non_null(signature_check(BYTES("")));
    assert_non_null(signature_check(BYTES("calls int")));
    assert_non_null(signature_check(BYTES("call")));
    assert_non_null(signature_check(BYTES("call (int")));
    assert_non_null(signature_check(BYTES("call int)")));
    assert_non_null(signature_check(BYTES("call i*t")));
    assert_non_null(signature_check(BYTES("call (((((((int)))))))")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_accept_their_types_only),
        cmocka_unit_test(any_accepts_all_but_the_unknown),
        cmocka_unit_test(data_holds_no_names),
        cmocka_unit_test(keys_of_a_state_are_denied_by_name),
        cmocka_unit_test(tuples_match_item_by_item),
        cmocka_unit_test(an_operation_without_a_clause_has_the_default),
        cmocka_unit_test(an_invalid_signature_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
