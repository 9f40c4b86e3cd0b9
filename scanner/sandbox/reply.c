#include "reply.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_ROOM 65536u /* bytes */
#define MAX_ANSWER (UINT64_C(1) << 28) /* bytes; no honest file comes near it */

static bool grow(struct answer *a)
{
    size_t room = a->room == 0 ? FIRST_ROOM : a->room * 2;
    uint8_t *p = room <= MAX_ANSWER ? realloc(a->p, room) : NULL;
    if (p != NULL) {
        a->p = p;
        a->room = room;
    }
    return p != NULL;
}

const char *answer_receive(struct answer *a, int sock, bool *end)
{
    if (a->n == a->room && !grow(a)) {
        return "its worker's answer is too long";
    }
    ssize_t got = read(sock, a->p + a->n, a->room - a->n);
    /* it died before it had read all of its order: how, child_reap() says */
    bool reset = got < 0 && errno == ECONNRESET;
    if (got < 0 && errno != EINTR && !reset) {
        return "its worker's answer cannot be read";
    }
    a->n += got > 0 ? (size_t)got : 0;
    *end = got == 0 || reset;
    return NULL;
}
