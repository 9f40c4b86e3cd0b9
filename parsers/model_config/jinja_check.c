/* jinja_check.c - one template from its bytes to what it reaches. */
#include "jinja_eval.h"

static void release(struct jinja_eval *ev)
{
    struct budget *b = ev->o->budget;
    budget_free(b, ev->text, ev->text_cap);
    budget_free(b, ev->items, ev->items_cap * sizeof *ev->items);
    budget_free(b, ev->slots, ev->slots_cap * sizeof *ev->slots);
    budget_free(b, ev->vars, ev->vars_cap * sizeof *ev->vars);
    budget_free(b, ev->trail, ev->trail_cap * sizeof *ev->trail);
    budget_free(b, ev->joins, ev->joins_cap * sizeof *ev->joins);
}

static enum parse_end report(struct object *o, size_t at, const char *why)
{
    struct range where = { at, 0 };
    return emit_anomaly(o->sink, where, "template-not-followed", why) ? PARSE_WHOLE : PARSE_STOPPED;
}

static enum parse_end evaluate(struct object *o, struct jinja_tree *t)
{
    struct jinja_eval ev = { .o = o, .tree = t, .rounds = 1 };
    jinja_run(&ev, t->root);
    size_t at = t->nodes[ev.now].at;
    release(&ev);
    if (ev.why != NULL) {
        return report(o, at, ev.why);
    }
    return ev.failed ? PARSE_STOPPED : PARSE_WHOLE;
}

/* Go's templates, as Ollama has them, begin their values with a dot: {{ .System }} or
 * {{ if .Tools }}.  Jinja refuses such a text as a whole. */
static bool is_go_template(struct bytes text)
{
    static const char *const words[] = { "if",   "range", "with",     "else if", "end",
                                         "else", "block", "template", "define" };
    struct jinja_lexer lx = { .text = text };
    struct jinja_token t;
    do {
        jinja_next(&lx, &t);
    } while (t.kind == TOKEN_TEXT);
    if (t.kind != TOKEN_PRINT) {
        return false;
    }

    jinja_next(&lx, &t);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (t.kind == TOKEN_NAME && bytes_eq(t.text, bytes_of(words[i]))) {
            jinja_next(&lx, &t);
            break;
        }
    }
    return t.kind == TOKEN_OPERATOR && bytes_eq(t.text, BYTES("."));
}

static enum parse_end check(struct object *o, struct bytes text)
{
    struct jinja_tree t = { .text = text, .budget = o->budget };
    enum parse_end end = PARSE_STOPPED;
    if (jinja_parse(&t)) {
        end = evaluate(o, &t);
    } else if (!t.stopped) {
        end = is_go_template(text) ? PARSE_WHOLE : report(o, t.why_at, t.why);
    }
    jinja_tree_done(&t);
    return end;
}

enum parse_end jinja_evaluate(struct object *o)
{
    uint64_t size = o->src->size;
    enum parse_end end = PARSE_STOPPED;
    if (!budget_fits(o->budget, LIMIT_template_bytes, size)) {
        return end;
    }
    uint8_t *text = budget_malloc(o->budget, (size_t)size + 1);
    if (text != NULL && source_read(o->src, 0, text, (size_t)size)) {
        end = check(o, (struct bytes){ text, (size_t)size });
    }
    budget_free(o->budget, text, (size_t)size + 1);
    return end;
}
