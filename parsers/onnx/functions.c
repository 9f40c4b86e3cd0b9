/* functions.c - model-local functions: who calls whom.
 *
 * A node whose domain and operator name a function calls it.  Runtimes inline: cycles
 * never end (GHSA-7w46-vvrh-m8q5), and a function of domain "" replaces an operator. */
#include "onnx.h"

static uint64_t name_hash(struct bytes op, struct bytes domain)
{
    return name_set_hash(name_set_hash(7, domain), op);
}

/* Number of the function that the walk is in; UINT64_MAX: in none. */
static uint64_t current(const struct onnx *x)
{
    return x->depth > 1 && x->stack[1].is == FUNCTION ? x->functions.n : UINT64_MAX;
}

bool functions_node(struct onnx *x, const struct frame *node, struct bytes op, struct bytes domain)
{
    uint64_t caller = current(x);
    (void)node;
    if (caller == UINT64_MAX) {
        return true; /* the graph's own calls cannot close a cycle */
    }
    if (!budget_grow(x->o->budget, &x->edges, &x->edges_cap, x->num_edges + 1, sizeof *x->edges)) {
        return false;
    }
    x->edges[x->num_edges++] = (struct edge){ caller, name_hash(op, domain) };
    return true;
}

bool functions_add(struct onnx *x, const struct frame *fr)
{
    uint8_t name[256], domain[256];
    struct bytes n, d;
    if (!onnx_text(x, fr->first, name, sizeof name, &n)
        || !onnx_text(x, fr->second, domain, sizeof domain, &d)) {
        return false;
    }
    bool shadows = d.n == 0 || bytes_eq(d, BYTES("ai.onnx"));
    if (shadows
        && !emit_anomaly(x->o->sink, fr->first, "onnx-shadowed-op",
                         "a function that takes the place of a standard operator")) {
        return false;
    }
    return name_set_add(&x->functions, x->o->budget, name_hash(n, d), x->functions.n);
}

/* The function of that hash, in the sorted list; UINT64_MAX: none. */
static uint64_t find(const struct name_set *f, uint64_t hash)
{
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->list[mid].hash < hash) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < f->n && f->list[low].hash == hash ? f->list[low].index : UINT64_MAX;
}

/* Keeps the edges between functions, callee by number. */
static void resolve(struct onnx *x)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->num_edges; i++) {
        uint64_t callee = find(&x->functions, x->edges[i].callee);
        if (callee != UINT64_MAX) {
            x->edges[kept++] = (struct edge){ x->edges[i].caller, callee };
        }
    }
    x->num_edges = kept;
}

/* Depth of each function by rounds; more rounds than BOUND_onnx_call_depth are a cycle, or as good
 * as one. */
static bool too_deep(struct onnx *x, uint64_t *depth)
{
    bool changed = true;
    for (uint64_t round = 0; changed; round++) {
        if (round > BOUND_onnx_call_depth) {
            return true;
        }
        changed = false;
        for (size_t i = 0; i < x->num_edges; i++) {
            const struct edge *e = &x->edges[i];
            if (depth[e->caller] < depth[e->callee] + 1) {
                depth[e->caller] = depth[e->callee] + 1;
                changed = true;
            }
        }
    }
    return false;
}

bool functions_end(struct onnx *x)
{
    struct range all = { 0, x->o->src->size };
    size_t n = x->functions.n;
    if (n == 0) {
        return true;
    }
    if (n > BOUND_onnx_functions) {
        return onnx_note(x, all, "onnx-many-functions", "more functions than the reference takes",
                         NUM_NONE, num_of(n));
    }
    if (!name_set_sort(&x->functions, x->o->budget)) {
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        if (x->functions.list[i].hash == x->functions.list[i - 1].hash
            && !emit_anomaly(x->o->sink, all, "onnx-duplicate-function",
                             "two functions of the same name")) {
            return false;
        }
    }
    resolve(x);
    uint64_t *depth = budget_resize(x->o->budget, NULL, 0, n * sizeof *depth);
    if (depth == NULL) {
        return false;
    }
    bool deep = too_deep(x, depth);
    budget_free(x->o->budget, depth, n * sizeof *depth);
    return !deep
           || onnx_note(x, all, "onnx-function-cycle",
                        "functions that call each other in a circle, or more than 100 deep",
                        NUM_NONE, num_of(n));
}
