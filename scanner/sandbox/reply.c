#include "reply.h"

#include "../../parsers/base/limits.h"
#include "../util/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_CAP 65536u /* bytes */

static bool grow(struct reply *a)
{
    return a->cap < BOUND_reply_bytes && vec_grow(&a->p, &a->cap, a->cap + FIRST_CAP, 1);
}

struct gap reply_receive(struct reply *a, int sock, bool *end)
{
    if (a->n == a->cap && !grow(a)) {
        return gap_of(GAP_REPLY_TOO_LONG);
    }
    ssize_t got = read(sock, a->p + a->n, a->cap - a->n);
    /* it exited before it had read all of its job: worker_reap() says how */
    bool reset = got < 0 && errno == ECONNRESET;
    if (got < 0 && errno != EINTR && !reset) {
        return gap_of(GAP_REPLY_UNREADABLE);
    }
    a->n += got > 0 ? (size_t)got : 0;
    *end = got == 0 || reset;
    return gap_of(GAP_NONE);
}
