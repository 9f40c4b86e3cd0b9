/* digest.c - SHA-256 over what the rules say, however they are laid out.
 *
 * Every number is 8 bytes little-endian, every text its length and its bytes;
 * fields go by name, so that a new field in facts.def changes nothing. */
#include <openssl/evp.h>
#include <string.h>
#include "model.h"

struct hash {
    EVP_MD_CTX *ctx;
    bool ok;
};

static void add(struct hash *h, const void *p, size_t n)
{
    h->ok = h->ok && EVP_DigestUpdate(h->ctx, p, n) == 1;
}

static void add_num(struct hash *h, uint64_t v)
{
    uint8_t b[8];
    for (unsigned i = 0; i < 8; i++) {
        b[i] = (uint8_t)(v >> (8 * i));
    }
    add(h, b, sizeof b);
}

static void add_bytes(struct hash *h, struct bytes b)
{
    add_num(h, b.n);
    if (b.n) {
        add(h, b.p, b.n);
    }
}

static void add_texts(struct hash *h, const char *const *texts)
{
    size_t n = 0;
    while (texts[n]) {
        n++;
    }
    add_num(h, n);
    for (size_t i = 0; i < n; i++) {
        add_bytes(h, bytes_of(texts[i]));
    }
}

static bool has_field(const struct node *n) { return n->op > NODE_NOT && n->op != NODE_SAFETY; }

static void add_leaf(struct hash *h, const struct model *m, const struct node *n)
{
    if (has_field(n)) {
        add_bytes(h, bytes_of(fact_fields[n->field].name));
    }
    for (uint32_t i = 0; (n->op == NODE_EQ || n->op == NODE_IN) && i < n->count; i++) {
        add_bytes(h, model_text(m, m->values[n->first + i].text));
        add_num(h, m->values[n->first + i].num);
    }
    if (n->op == NODE_RE) {
        add_bytes(h, model_text(m, m->patterns[n->first]));
    }
    if (n->op == NODE_GT_FIELD) {
        add_bytes(h, bytes_of(fact_fields[n->num].name));
    } else {
        add_num(h, n->num);
    }
    add_bytes(h, model_text(m, n->text));
    add_num(h, n->as);
}

/* As deep as a rule: MAX_MATCH_DEPTH. */
static void add_node(struct hash *h, const struct model *m, uint32_t at)
{
    const struct node *n = &m->nodes[at];
    add_num(h, n->op);
    add_num(h, n->count);
    if (n->op > NODE_NOT) {
        add_leaf(h, m, n);
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        add_node(h, m, m->kids[n->first + i]);
    }
}

static void add_rule(struct hash *h, const struct model *m, const struct rule *r)
{
    add_bytes(h, bytes_of(r->id));
    add_bytes(h, bytes_of(r->title));
    add_bytes(h, bytes_of(r->why));
    add_num(h, r->rev);
    add_num(h, (uint64_t)r->severity);
    add_texts(h, r->refs);
    add_bytes(h, bytes_of(fact_kind_name(r->fact)));
    add_node(h, m, r->match);
}

static void add_list(struct hash *h, const struct model *m, const struct list *l)
{
    add_bytes(h, model_text(m, l->name));
    add_num(h, l->kind);
    add_num(h, l->count);
    for (size_t i = l->first; i < (size_t)l->first + l->count; i++) {
        if (l->kind == LIST_PLAIN) {
            add_bytes(h, model_text(m, m->lines[i]));
            continue;
        }
        add_bytes(h, model_text(m, m->entries[i].module));
        add_bytes(h, model_text(m, m->entries[i].name));
        add_bytes(h, model_text(m, m->entries[i].reason));
        add_num(h, m->entries[i].ops);
    }
}

static void add_model(struct hash *h, const struct model *m)
{
    add_bytes(h, bytes_of(m->version));
    add_num(h, m->num_rules);
    for (size_t i = 0; i < m->num_rules; i++) {
        add_rule(h, m, &m->rules[i]);
    }
    add_num(h, m->num_lists);
    for (size_t i = 0; i < m->num_lists; i++) {
        add_list(h, m, &m->lists[i]);
    }
}

bool digest_model(struct model *m, const uint8_t *chain)
{
    struct hash h = { EVP_MD_CTX_new(), true };
    h.ok = h.ctx && EVP_DigestInit_ex(h.ctx, EVP_sha256(), NULL) == 1;
    add_bytes(&h, BYTES("modelassay.ruleset/1"));
    if (chain) {
        add(&h, chain, sizeof m->digest);
    }
    add_model(&h, m);
    h.ok = h.ok && EVP_DigestFinal_ex(h.ctx, m->digest, NULL) == 1;
    EVP_MD_CTX_free(h.ctx);
    return h.ok;
}
