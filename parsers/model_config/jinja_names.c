/* jinja_names.c - names that lead from a template to Python. */
#include "jinja_eval.h"

#include <stdio.h>
#include <string.h>

/* Attributes without underscores at their start that jinja2/sandbox.py refuses. */
static const char *const unsafe[] = { "mro",       "gi_frame",   "gi_code",  "cr_frame",
                                      "cr_code",   "ag_frame",   "ag_code",  "func_globals",
                                      "func_code", "im_func",    "im_self",  "f_globals",
                                      "f_locals",  "f_builtins", "tb_frame", "tb_next" };

/* What follows two underscores in names that no text of a model needs to compute. */
static const char *const internals[] = {
    "class__",    "globals__",      "subclasses__", "mro__",       "base__", "bases__",
    "builtins__", "import__",       "init__",       "dict__",      "code__", "self__",
    "loader__",   "getattribute__", "reduce__",     "reduce_ex__", "func__", "getattr__",
    "wrapped__",  "module__",       "call__",       "new__"
};

/* Indexed by the bit of enum jinja_note. */
static const struct {
    const char *slug;
    const char *detail;
} notes[] = { { "template-internal-attribute", "reaches Python's internals by the attribute" },
              { "template-private-attribute", "reaches an attribute with an underscore:" },
              { "template-unknown-attribute",
                "reaches an attribute by a name that is not computable" },
              { "template-global", "uses a global that leads to Python's internals:" },
              { "template-environment", "uses a global that templates of models have no use for:" },
              { "template-internal-name", "puts a name of Python's internals together:" },
              { "template-bomb", "a loop or a text that explodes" },
              { "template-loads-file", "loads another template" } };

void jinja_note(struct jinja_eval *ev, enum jinja_note what, struct bytes name)
{
    struct jinja_node *n = &ev->tree->nodes[ev->now];
    char detail[160];
    unsigned row = (unsigned)__builtin_ctz(what);
    if ((n->noted & what) != 0 || ev->failed) {
        return;
    }

    n->noted |= (uint8_t)what;
    const char *gap = name.n > 0 ? " " : "";
    struct bytes shown = name.n > 0 ? bytes_sub(name, 0, 64) : BYTES("");
    snprintf(detail, sizeof detail, "%s%s%.*s", notes[row].detail, gap, (int)shown.n,
             (const char *)shown.p);
    ev->failed =
        !emit_anomaly(ev->o->sink, (struct range){ n->at, n->text_n }, notes[row].slug, detail);
}

static void check_name(struct jinja_eval *ev, struct bytes name)
{
    bool internal = name.n > 0 && name.p[0] == '_' && memmem(name.p, name.n, "__", 2) != NULL;
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        internal |= bytes_eq(name, bytes_of(unsafe[i]));
    }
    if (internal) {
        jinja_note(ev, NOTE_INTERNAL, name);
    } else if (name.n > 0 && name.p[0] == '_') {
        jinja_note(ev, NOTE_PRIVATE, name);
    }
}

void jinja_reach(struct jinja_eval *ev, struct value key, bool dotted)
{
    struct bytes name = value_text(ev, key);
    if (key.kind == VALUE_MIXED && key.harmless == HARMLESS_NOT) {
        jinja_note(ev, NOTE_UNKNOWN, BYTES(""));
    }
    for (size_t from = 0, i = 0; i <= name.n; i++) {
        if (i == name.n || (dotted && name.p[i] == '.')) {
            check_name(ev, bytes_sub(name, from, i - from));
            from = i + 1;
        }
    }
}

void jinja_check_text(struct jinja_eval *ev, struct bytes text)
{
    for (size_t i = 0; i + 2 < text.n; i++) {
        if (text.p[i] != '_' || text.p[i + 1] != '_') {
            continue;
        }
        struct bytes rest = bytes_sub(text, i + 2, text.n);
        for (size_t k = 0; k < sizeof internals / sizeof internals[0]; k++) {
            if (bytes_start(rest, bytes_of(internals[k]))) {
                jinja_note(ev, NOTE_NAME, bytes_sub(text, i, strlen(internals[k]) + 2));
                return;
            }
        }
    }
}

void jinja_check_fields(struct jinja_eval *ev, struct value format)
{
    struct bytes text = value_text(ev, format);
    bool unknown = format.kind == VALUE_DATA
                   || (format.kind == VALUE_MIXED && format.harmless != HARMLESS_PARTS);
    size_t from = SIZE_MAX; /* start of a field's part */
    if (unknown) {
        jinja_note(ev, NOTE_UNKNOWN, BYTES(""));
    }
    for (size_t i = 0; i < text.n; i++) {
        if (from != SIZE_MAX && strchr(".[]}:!{", text.p[i]) != NULL && text.p[i] != 0) {
            check_name(ev, bytes_sub(text, from, i - from));
            from = text.p[i] == '}' ? SIZE_MAX : i + 1;
        } else if (text.p[i] == '{') {
            from = i + 1;
        }
    }
}

struct value jinja_global(struct jinja_eval *ev, struct bytes name)
{
    static const char *const known[] = { "range", "dict", "namespace", "loop" };
    static const char *const lead_out[] = { "lipsum", "cycler", "joiner" };
    static const char *const web[] = { "self",    "request", "config",
                                       "session", "url_for", "get_flashed_messages" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (bytes_eq(name, bytes_of(known[i]))) {
            return (struct value){ .kind = VALUE_GLOBAL, .a = (uint32_t)i };
        }
    }
    for (size_t i = 0; i < sizeof lead_out / sizeof lead_out[0]; i++) {
        if (bytes_eq(name, bytes_of(lead_out[i]))) {
            jinja_note(ev, NOTE_GLOBAL, name);
            return value_mixed(HARMLESS_NOT);
        }
    }
    for (size_t i = 0; i < sizeof web / sizeof web[0]; i++) {
        if (bytes_eq(name, bytes_of(web[i]))) {
            jinja_note(ev, NOTE_ENVIRONMENT, name);
            return value_mixed(HARMLESS_NOT);
        }
    }

    /* The author of the model chooses its special tokens. */
    bool is_token = memmem(name.p, name.n, "_token", 6) != NULL;
    return is_token ? value_mixed(HARMLESS_NOT) : value_of(VALUE_DATA);
}
