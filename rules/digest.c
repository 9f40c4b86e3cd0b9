/* digest.c - the SHA-256 of a ruleset's content, which does not depend on the tables' layout.
 *
 * Every number is hashed as 8 bytes, little-endian, every text as its length and its bytes.  Fields
 * are hashed by name, so that a new field in facts.def does not change the digest. */
#include "tables.h"

#include <openssl/evp.h>
#include <string.h>

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
    if (b.n > 0) {
        add(h, b.p, b.n);
    }
}

static void add_texts(struct hash *h, const char *const *texts)
{
    size_t n = 0;
    while (texts[n] != NULL) {
        n++;
    }
    add_num(h, n);
    for (size_t i = 0; i < n; i++) {
        add_bytes(h, bytes_of(texts[i]));
    }
}

static bool has_field(const struct node *n) { return n->op > NODE_NOT && n->op != NODE_SAFETY; }

static void add_leaf(struct hash *h, const struct rule_tables *t, const struct node *n)
{
    bool has_values = n->op == NODE_EQ || n->op == NODE_IN;
    if (has_field(n)) {
        add_bytes(h, bytes_of(fact_fields[n->field].name));
    }

    for (uint32_t i = 0; has_values && i < n->count; i++) {
        add_bytes(h, pool_bytes(t, t->values[n->first + i].text));
        add_num(h, t->values[n->first + i].num);
    }
    if (n->op == NODE_RE) {
        add_bytes(h, pool_bytes(t, t->patterns[n->first]));
    }
    if (n->op == NODE_GT_FIELD) {
        add_bytes(h, bytes_of(fact_fields[n->num].name));
    } else {
        add_num(h, n->num);
    }

    add_bytes(h, pool_bytes(t, n->text));
    add_num(h, n->as);
}

/* Recursion is as deep as the rule, at most MAX_MATCH_DEPTH. */
static void add_node(struct hash *h, const struct rule_tables *t, uint32_t at)
{
    const struct node *n = &t->nodes[at];
    add_num(h, n->op);
    add_num(h, n->count);
    if (n->op > NODE_NOT) {
        add_leaf(h, t, n);
        return;
    }

    for (uint32_t i = 0; i < n->count; i++) {
        add_node(h, t, t->kids[n->first + i]);
    }
}

static void add_rule(struct hash *h, const struct rule_tables *t, const struct rule *r)
{
    add_bytes(h, bytes_of(r->id));
    add_bytes(h, bytes_of(r->title));
    add_bytes(h, bytes_of(r->why));
    add_num(h, r->rev);
    add_num(h, (uint64_t)r->severity);
    add_texts(h, r->refs);
    add_bytes(h, bytes_of(fact_kind_name(r->fact)));
    add_node(h, t, r->match);
}

static void add_list(struct hash *h, const struct rule_tables *t, const struct list *l)
{
    add_bytes(h, pool_bytes(t, l->name));
    add_num(h, l->kind);
    add_num(h, l->count);
    for (size_t i = l->first; i < (size_t)l->first + l->count; i++) {
        if (l->kind == LIST_PLAIN) {
            add_bytes(h, pool_bytes(t, t->lines[i]));
            continue;
        }
        add_bytes(h, pool_bytes(t, t->entries[i].module));
        add_bytes(h, pool_bytes(t, t->entries[i].name));
        add_bytes(h, pool_bytes(t, t->entries[i].reason));
        add_num(h, t->entries[i].ops);
    }
}

static void add_tables(struct hash *h, const struct rule_tables *t)
{
    add_bytes(h, bytes_of(t->version));
    add_num(h, t->num_rules);
    for (size_t i = 0; i < t->num_rules; i++) {
        add_rule(h, t, &t->rules[i]);
    }

    add_num(h, t->num_lists);
    for (size_t i = 0; i < t->num_lists; i++) {
        add_list(h, t, &t->lists[i]);
    }
}

bool rule_tables_digest(struct rule_tables *t, const uint8_t *chain)
{
    struct hash h = { EVP_MD_CTX_new(), true };
    h.ok = h.ctx != NULL && EVP_DigestInit_ex(h.ctx, EVP_sha256(), NULL) == 1;
    add_bytes(&h, BYTES("modelassay.ruleset/1"));
    if (chain != NULL) {
        add(&h, chain, sizeof t->digest);
    }

    add_tables(&h, t);
    h.ok = h.ok && EVP_DigestFinal_ex(h.ctx, t->digest, NULL) == 1;
    EVP_MD_CTX_free(h.ctx);
    return h.ok;
}
