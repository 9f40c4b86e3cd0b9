/* test_attest.c - envelopes, base64, strict JSON and escaping, on which verification depends. */
#include "../../scanner/attest/attest.h"
#include "../../scanner/attest/base64.h"
#include "../../scanner/judge/waivers.h"
#include "../../scanner/report/escape.h"
#include "../../scanner/report/jsonw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

/* The example of the DSSE specification (protocol.md). */
static void encodes_the_example_of_dsse(void **state)
{
    size_t n = 0;
    uint8_t *pae = dsse_pae("http://example.com/HelloWorld", BYTES("hello world"), &n);
    (void)state;
    assert_non_null(pae);
    assert_true(bytes_eq((struct bytes){ pae, n },
                         BYTES("DSSEv1 29 http://example.com/HelloWorld 11 hello world")));
    free(pae);
}

static void base64_is_strict(void **state)
{
    static const struct {
        const char *text, *bytes;
    } good[] = {
        { "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYmFy", "foobar" }
    };

    static const char *const wrong[] = { "Zg",   "Zg=",    "Zg===", "Zh==", "Zm9=",
                                         "Z g=", "Zm9v\n", "Zm-_",  "=Zg=", "Zm9v=" };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        size_t n = 99;
        uint8_t *b = base64_decode(good[i].text, &n);
        char *text = base64_encode(bytes_of(good[i].bytes));
        assert_non_null(b);
        assert_int_equal(n, strlen(good[i].bytes));
        assert_memory_equal(b, good[i].bytes, n);
        assert_string_equal(text, good[i].text);
        free(b);
        free(text);
    }

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t n = 0;
        uint8_t *b = base64_decode(wrong[i], &n);
        if (b != NULL) {
            fail_msg("takes %s", wrong[i]);
        }
    }
}

static void json_is_strict(void **state)
{
    static const char *const wrong[] = { "",
                                         "{",
                                         "{\"a\":1,\"a\":2}",
                                         "{\"a\":1} x",
                                         "[1,]",
                                         "\xef\xbb\xbf{}",
                                         "{\"a\":\"\xff\"}",
                                         "{\"a\":01}",
                                         "nul" };
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct json *j = json_parse(bytes_of(wrong[i]), &why);
        if (j != NULL) {
            fail_msg("takes %s", wrong[i]);
        }
    }

    assert_null(json_parse(BYTES("{\"a\":\"x\0y\"}"), &why));
    struct json *j = json_parse(BYTES("{\"A\":1,\"a\":\"x\"}"), &why);
    assert_string_equal(json_string(json_get(j, "a")), "x"); /* case counts */
    assert_null(json_string(json_get(j, "A")));
    json_free(j);
}

static void a_key_that_is_not_listed_is_named(void **state)
{
    static const char *const keys[] = { "a", "b", NULL };
    const char *why;
    (void)state;
    struct json *j = json_parse(BYTES("{\"b\":1,\"c\":2,\"d\":3}"), &why);
    assert_string_equal(json_unknown_key(j, keys), "c");
    json_free(j);
    j = json_parse(BYTES("{\"b\":1}"), &why);
    assert_null(json_unknown_key(j, keys));
    json_free(j);
    j = json_parse(BYTES("[1,2]"), &why); /* items of an array have no keys */
    assert_null(json_unknown_key(j, keys));
    json_free(j);
    assert_null(json_unknown_key(NULL, keys));
}

static void a_waiver_that_is_no_object_is_refused(void **state)
{
    char path[] = "/tmp/ma-test-XXXXXX", *why = NULL;
    int fd = mkstemp(path);
    (void)state;
    assert_int_equal(write(fd, "{\"waivers\":[[\"x\"]]}", 19), 19);
    close(fd);
    assert_null(waivers_load(path, rules_builtin(), &why));
    assert_non_null(strstr(why, ": /waivers/0 needs rule"));
    free(why);
    unlink(path);
}

static void a_signature_of_other_bytes_is_refused(void **state)
{
    char prefix[] = "/tmp/ma-test-XXXXXX", path[64];
    const char *why = NULL;
    uint8_t *sig = NULL;
    size_t n = 0;
    (void)state;
    assert_non_null(mkdtemp(prefix));
    snprintf(path, sizeof path, "%s/k", prefix);
    assert_true(key_generate(path, "p256", NULL, &why));
    assert_false(key_generate(path, "p256", NULL, &why)); /* never overwritten */
    snprintf(path, sizeof path, "%s/k.key", prefix);
    struct key *private_key = key_load(path, true, "", &why);
    assert_null(key_load(path, false, NULL, &why)); /* a private key is no public one */
    unlink(path);
    snprintf(path, sizeof path, "%s/k.pub", prefix);
    struct key *public_key = key_load(path, false, NULL, &why);
    unlink(path);
    rmdir(prefix);
    assert_non_null(private_key);
    assert_non_null(public_key);
    assert_true(key_sign(private_key, BYTES("message"), &sig, &n));
    assert_true(key_verify(public_key, BYTES("message"), (struct bytes){ sig, n }));
    assert_false(key_verify(public_key, BYTES("massage"), (struct bytes){ sig, n }));
    sig[n / 2] ^= 1;
    assert_false(key_verify(public_key, BYTES("message"), (struct bytes){ sig, n }));
    free(sig);
    key_free(private_key);
    key_free(public_key);
}

static void deceptive_names_are_escaped(void **state)
{
    static const struct {
        const char *raw, *shown;
    } cases[] = { { "plain.pt", "plain.pt" },
                  { "a\nb", "a\\x0ab" },
                  { "\x1b[31mred", "\\x1b[31mred" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *shown = escape_printable(bytes_of(cases[i].raw), 100);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }

    /* U+202E turns the rest around */
    char *shown = escape_printable(bytes_of("evil\xe2\x80\xaetxt.pkl"), 100);
    assert_null(strstr(shown, "\xe2\x80\xae"));
    free(shown);
    shown = escape_printable(BYTES("\xff\xfe"), 100);
    assert_string_equal(shown, "\\xff\\xfe");
    free(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(encodes_the_example_of_dsse),
                                        cmocka_unit_test(base64_is_strict),
                                        cmocka_unit_test(json_is_strict),
                                        cmocka_unit_test(a_key_that_is_not_listed_is_named),
                                        cmocka_unit_test(a_waiver_that_is_no_object_is_refused),
                                        cmocka_unit_test(a_signature_of_other_bytes_is_refused),
                                        cmocka_unit_test(deceptive_names_are_escaped) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
