/* functions.c - model-local functions and the calls between them.
 *
 * A node whose domain and operator name a function calls it.  Runtimes inline such calls: a cycle
 * does not end (GHSA-7w46-vvrh-m8q5), and a function of domain "" replaces an operator. */
#include "onnx.h"

#define NO_FUNCTION UINT64_MAX
#define FUNCTION_SEED 7u /* keeps the hashes of functions apart from those of domains */
#define NAME_BYTES 256u /* bytes of a name or domain that are compared */

static uint64_t hash_name(struct bytes op, struct bytes domain)
{
    return name_set_hash(name_set_hash(FUNCTION_SEED, domain), op);
}

/* The number of the function whose message is open, or NO_FUNCTION. */
static uint64_t current_function(const struct onnx *x)
{
    bool in_function = x->depth > 1 && x->stack[1].type == MSG_FUNCTION;
    return in_function ? x->functions.n : NO_FUNCTION;
}

bool functions_node(struct onnx *x, struct bytes op, struct bytes domain)
{
    uint64_t caller = current_function(x);
    if (caller == NO_FUNCTION) {
        return true; /* the graph's own calls cannot close a cycle */
    }
    if (!budget_grow(x->o->budget, &x->edges, &x->edges_cap, x->num_edges + 1, sizeof *x->edges)) {
        return false;
    }

    x->edges[x->num_edges++] = (struct edge){ caller, hash_name(op, domain) };
    return true;
}

bool functions_add(struct onnx *x, const struct frame *fr)
{
    uint8_t name[NAME_BYTES], domain[NAME_BYTES];
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

    return name_set_add(&x->functions, x->o->budget, hash_name(n, d), x->functions.n);
}

/* The number of the function with this hash in the sorted list, or NO_FUNCTION. */
static uint64_t find_function(const struct name_set *f, uint64_t hash)
{
    size_t low = 0;
    size_t high = f->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->list[mid].hash < hash) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return low < f->n && f->list[low].hash == hash ? f->list[low].index : NO_FUNCTION;
}

/* Removes the calls of operators, and replaces the hash of each callee by its number. */
static void resolve_callees(struct onnx *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->num_edges; i++) {
        uint64_t callee = find_function(&x->functions, x->edges[i].callee);
        if (callee != NO_FUNCTION) {
            x->edges[n++] = (struct edge){ x->edges[i].caller, callee };
        }
    }
    x->num_edges = n;
}

/* Computes the depth of each function, one level a round.  More than BOUND_onnx_call_depth rounds
 * are a cycle, or are reported as one. */
static bool is_too_deep(struct onnx *x, uint64_t *depth)
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

static bool check_duplicates(struct onnx *x, struct range all)
{
    for (size_t i = 1; i < x->functions.n; i++) {
        if (x->functions.list[i].hash == x->functions.list[i - 1].hash
            && !emit_anomaly(x->o->sink, all, "onnx-duplicate-function",
                             "two functions of the same name")) {
            return false;
        }
    }
    return true;
}

static bool check_depth(struct onnx *x, struct range all)
{
    size_t n = x->functions.n;
    uint64_t *depth = budget_resize(x->o->budget, NULL, 0, n * sizeof *depth);
    if (depth == NULL) {
        return false;
    }

    bool deep = is_too_deep(x, depth);
    budget_free(x->o->budget, depth, n * sizeof *depth);
    return !deep
           || onnx_note(x, all, "onnx-function-cycle",
                        "functions that call each other in a circle, or more than 100 deep",
                        NUM_NONE, num_of(n));
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
    if (!name_set_sort(&x->functions, x->o->budget) || !check_duplicates(x, all)) {
        return false;
    }

    resolve_callees(x);
    return check_depth(x, all);
}
