/* test_json.c - the JSON tokenizer, and texts that RFC 8259 and serde_json accept or refuse. */
#include "../../parsers/codec/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct stream stream;

static bool accepts(struct bytes text, struct json_token *last, char *seen, size_t cap)
{
    struct source src;
    struct budget b;
    struct json_in j;
    struct json_token t;
    size_t n = 0;
    uint64_t max[NUM_LIMITS];
    for (int i = 0; i < NUM_LIMITS; i++) {
        max[i] = limit_rows[i].value;
    }

    budget_init(&b, max, text.n);
    source_mem(&src, text);
    stream_init(&stream, &src, (struct range){ 0, text.n });
    assert_true(json_init(&j, &stream, &b, 32));
    do {
        json_next(&j, &t);
        if (seen != NULL && n + 1 < cap && t.kind != JSON_END && t.kind != JSON_BAD) {
            seen[n++] = "{}[]ksn10-"[t.kind];
        }
        if (last != NULL && t.kind != JSON_END && t.kind != JSON_BAD) {
            *last = t;
        }
    } while (t.kind != JSON_END && t.kind != JSON_BAD);
    if (seen != NULL) {
        seen[n] = 0;
    }

    bool ok = t.kind == JSON_END;
    json_done(&j);
    assert_int_equal(b.used[LIMIT_heap_bytes], 0);
    return ok;
}

static void accepts_valid_json(void **state)
{
    static const char *const good[] = { "1",
                                        "{}",
                                        "[]",
                                        " \n\t\r[ ] ",
                                        "{\"a\":[1,-0.5e+3,true,false,null,\"x\"]}",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
                                        "\"\xc3\xa9\xf0\x9f\x98\x80\"",
                                        "0",
                                        "-0",
                                        "[[[]]]",
                                        "18446744073709551616" };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!accepts(bytes_of(good[i]), NULL, NULL, 0)) {
            fail_msg("refuses %s", good[i]);
        }
    }
}

static void refuses_invalid_json(void **state)
{
    static const char *const wrong[] = { "",
                                         " ",
                                         "{",
                                         "[",
                                         "[1,]",
                                         "{\"a\":1,}",
                                         "{a:1}",
                                         "{\"a\" 1}",
                                         "[1 2]",
                                         "01",
                                         "1.",
                                         ".5",
                                         "1e",
                                         "+1",
                                         "- 1",
                                         "tru",
                                         "nul",
                                         "nan",
                                         "\"",
                                         "\"\\x41\"",
                                         "\"\\u12\"",
                                         "\"\\ud800\"",
                                         "\"\\ud800x\"",
                                         "\"\\udc00\"",
                                         "\"\\ud800\\u0041\"",
                                         "\"\t\"",
                                         "// c\n1",
                                         "/* c */1",
                                         "1 1",
                                         "1,",
                                         "\xef\xbb\xbf{}",
                                         "\"\xc0\x80\"",
                                         "\"\xed\xa0\x80\"",
                                         "\"\xff\"",
                                         "\"\xe2\x82\"",
                                         "\"\xf4\x90\x80\x80\"",
                                         "]",
                                         "[}",
                                         "{]",
                                         "{\"a\":}",
                                         "{,}",
                                         "[,1]",
                                         "{\"a\":1 \"b\":2}" };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (accepts(bytes_of(wrong[i]), NULL, NULL, 0)) {
            fail_msg("takes %s", wrong[i]);
        }
    }

    assert_false(accepts(BYTES("{}\0"), NULL, NULL, 0));
}

static void tokens_come_in_order(void **state)
{
    char seen[32];
    (void)state;
    assert_true(accepts(BYTES("{\"a\":[1,{\"b\":null}],\"c\":\"x\",\"d\":true,\"e\":false}"), NULL,
                        seen, sizeof seen));
    assert_string_equal(seen, "{k[n{k-}]ksk1k0}");
}

static void nesting_ends_where_that_of_serde_json_does(void **state)
{
    char text[400];
    (void)state;
    for (size_t depth = 126; depth <= 129; depth++) { /* serde_json: 127 levels pass, 128 do not */
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(accepts((struct bytes){ (const uint8_t *)text, 2 * depth }, NULL, NULL, 0),
                         depth <= 127);
    }
}

static void two_spellings_of_a_text_have_one_hash(void **state)
{
    struct json_token t;
    (void)state;
    assert_true(accepts(BYTES("\"a\\u0000\\u00e9\""), &t, NULL, 0));
    assert_int_equal(t.length, 4);
    assert_int_equal(t.at.len, 15);
    struct json_token other;
    assert_true(accepts(BYTES("\"\\u0061\\u0000\xc3\xa9\""), &other, NULL, 0));
    assert_true(t.hash == other.hash); /* two spellings of one string */
    assert_true(accepts(BYTES("\"0123456789012345678901234567890123456789\""), &t, NULL, 0));
    assert_int_equal(t.length, 40);
    assert_int_equal(t.text.n, 32); /* no more is kept */
}

static bool number_is(const char *text, uint64_t *v)
{
    struct json_token t = { 0 };
    return accepts(bytes_of(text), &t, NULL, 0) && t.kind == JSON_NUMBER
           && json_token_u64(&(struct json_token){ .kind = JSON_NUMBER,
                                                   .text = bytes_of(text),
                                                   .length = strlen(text) },
                             v);
}

static void only_whole_numbers_of_64_bits_are_u64(void **state)
{
    uint64_t v;
    (void)state;
    assert_true(number_is("18446744073709551615", &v) && v == UINT64_MAX);
    assert_false(number_is("18446744073709551616", &v));
    assert_false(number_is("2.0", &v));
    assert_false(number_is("2e0", &v));
    assert_false(number_is("-0", &v));
}

static void a_token_may_cross_the_edge_of_the_buffer(void **state)
{
    size_t n = 3 * STREAM_BUFFER; /* a string, a number and an escape over the buffer's edges */
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        uint8_t *text = malloc(n);
        memset(text, ' ', n);
        memcpy(text, "[\"", 2);
        memset(text + 2, 'x', STREAM_BUFFER - shift - 2);
        memcpy(text + STREAM_BUFFER - shift, "\\u00e9\",", 8);
        memcpy(text + 2 * STREAM_BUFFER - shift, "12345]", 6);
        assert_true(accepts((struct bytes){ text, n }, NULL, NULL, 0));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_valid_json),
        cmocka_unit_test(refuses_invalid_json),
        cmocka_unit_test(tokens_come_in_order),
        cmocka_unit_test(nesting_ends_where_that_of_serde_json_does),
        cmocka_unit_test(two_spellings_of_a_text_have_one_hash),
        cmocka_unit_test(only_whole_numbers_of_64_bits_are_u64),
        cmocka_unit_test(a_token_may_cross_the_edge_of_the_buffer)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
