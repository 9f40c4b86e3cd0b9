/* jinja.c - a chat template in a file of its own: chat_template.jinja.
 *
 *   {% for message in messages %} ... {% endfor %}
 *
 * Recognised by its name, and by a Jinja block and names that chat templates use.  The templates
 * of GGUF and JSON files are objects inside of these. */
#include "../base/parser.h"
#include "../codec/string_facts.h"
#include "jinja_eval.h"

#include <string.h>

extern const struct parser jinja_parser;

#define BID_WORDS 52 /* words of a text are weak evidence */

static bool has(struct bytes text, const char *word)
{
    return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* The first bytes are those of another format: markup, or JSON rather than a Jinja tag. */
static bool is_other_text(struct bytes h)
{
    bool is_tag = h.n > 1 && (h.p[1] == '%' || h.p[1] == '{' || h.p[1] == '#');
    return h.p[0] == '<' || (h.p[0] == '{' && h.n > 1 && !is_tag);
}

static int bid(const struct glimpse *g)
{
    struct bytes h = g->head;
    bool block = has(h, "{%") || has(h, "{{");
    bool chat = has(h, "messages") || has(h, "add_generation_prompt") || has(h, "bos_token");
    bool text = memchr(h.p, 0, h.n) == NULL;
    if (!text || !block || !chat) {
        return 0;
    }
    return is_other_text(h) ? 0 : BID_WORDS;
}

static enum parse_end parse(struct object *o)
{
    struct range all = { 0, o->src->size };
    bool ok = emit_format(o->sink, "chat-template");
    if (ok && o->as != AS_TEMPLATE) {
        ok = strings_emit(o, BYTES("chat-template"), (struct bytes){ NULL, 0 }, all);
    }
    return ok ? jinja_evaluate(o) : PARSE_STOPPED;
}

const struct parser jinja_parser = { "chat-template", bid, parse,
                                     "Jinja chat templates, in files and in models",
                                     "the template was followed to what it reaches" };
