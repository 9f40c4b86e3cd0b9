#include "loader_names.h"

#include <string.h>

/* Of transformers, diffusers, PEFT and sentence-transformers; those with an underscore also end
 * longer names: llm_tokenizer_config.json. */
static const char *const configs[] = { "_config.json",
                                       "config.json",
                                       "modules.json",
                                       "model_index.json",
                                       "chat_template.json",
                                       "config_sentence_transformers.json",
                                       "special_tokens_map.json",
                                       "added_tokens.json",
                                       "processor_config.json",
                                       "preprocessor_config.json" };
static const char *const templates[] = { ".jinja", ".jinja2", ".j2" };

static bool is_blank(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool begins_object(struct bytes text)
{
    size_t i = 0;
    while (i < text.n && is_blank(text.p[i])) {
        i++;
    }
    return i < text.n && text.p[i] == '{';
}

static bool is_config(struct bytes name)
{
    bool ends = bytes_end(name, bytes_of(configs[0]));
    for (size_t i = 1; i < sizeof configs / sizeof configs[0]; i++) {
        ends |= bytes_eq(name, bytes_of(configs[i]));
    }
    return ends;
}

static bool is_template(struct bytes name)
{
    bool ends = false;
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        ends |= bytes_end(name, bytes_of(templates[i]));
    }
    return ends;
}

enum inner_as loader_by_name(const char *label, const struct glimpse *g)
{
    const char *slash = strrchr(label, '/');
    struct bytes name = bytes_of(slash == NULL ? label : slash + 1);
    if (is_config(name) && begins_object(g->head)) {
        return AS_CONFIG;
    }
    bool is_text = g->head.n > 0 && memchr(g->head.p, 0, g->head.n) == NULL;
    return is_template(name) && is_text ? AS_TEMPLATE_FILE : AS_FOUND;
}
