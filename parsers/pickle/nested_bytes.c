/* nested_bytes.c - pickles in the bytes of a pickle.
 *
 * What a program unpickles a second time (the extra state of a layer, a cached sample) stands as
 * bytes in the first pickle. Bytes whose opcodes name a global and call something are offered as
 * an object of their own: it counts only when something is executed in it. */
#include "nested_bytes.h"

#include "../search/embedded_pickle.h"

#define SMALLEST 12u /* bytes of the shortest pickle that names a global and calls it */
#define LOOK 64u /* bytes that end most walks */

bool nested_bytes_offer(struct vm *m, struct range body)
{
    struct bytes look;
    struct embedded_protos protos;
    uint64_t length, steps;
    size_t n = body.len < LOOK ? (size_t)body.len : LOOK;
    if (body.len < SMALLEST || body.len > stream_left(m->in) || !stream_peek(m->in, n, &look)) {
        return true;
    }
    if (!embedded_pickle_possible(look, body.len <= LOOK)) {
        return true;
    }

    bool calls = embedded_pickle(m->in->src, body.off, body.len, &length, &steps, &protos);
    if (!calls || length > body.len) {
        return true;
    }
    struct inner in = {
        .at = body, .label = BYTES("bytes"), .code = true, .pickle = true, .speculative = true
    };
    return budget_spend(m->o->budget, LIMIT_guesses, 1) && emit_inner(m->o->sink, &in);
}
