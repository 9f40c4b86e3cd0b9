/* jinja.c - a chat template in a file of its own: chat_template.jinja.
 *
 *   {% for message in messages %} ... {% endfor %}
 *
 * Known by its words: a Jinja block, and what chat templates are about. */
#include "../base/parser.h"
#include "../codec/string_facts.h"

#include <string.h>

extern const struct parser jinja_parser;

static bool has(struct bytes text, const char *word)
{
    return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

static int bid(const struct glimpse *g)
{
    struct bytes h = g->head;
    bool block = has(h, "{%") || has(h, "{{");
    bool chat = has(h, "messages") || has(h, "add_generation_prompt") || has(h, "bos_token");
    bool text = memchr(h.p, 0, h.n) == NULL;
    return text && block && chat && h.n > 0 && h.p[0] != '<'
                   && !(h.p[0] == '{' && h.n > 1 && h.p[1] != '%' && h.p[1] != '{' && h.p[1] != '#')
               ? 52
               : 0;
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
