/* jinja.c - a chat template in a file of its own: chat_template.jinja.
 *
 *   {% for message in messages %} ... {% endfor %}
 *
 * Recognised by a Jinja block and by names that chat templates use. */
#include "../base/parser.h"
#include "../codec/string_facts.h"

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
    bool ok = emit_format(o->sink, "chat-template")
              && strings_emit(o, BYTES("chat-template"), (struct bytes){ NULL, 0 },
                              (struct range){ 0, o->src->size });
    return ok ? PARSE_WHOLE : PARSE_STOPPED;
}

const struct parser jinja_parser = { "chat-template", bid, parse,
                                     "Jinja chat templates in a file of their own",
                                     "the text was held against the rules for templates" };
