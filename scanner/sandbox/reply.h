/* reply.h - buffer for a worker's reply; decoded when complete (report/codec.h). */
#ifndef MA_SANDBOX_REPLY_H
#define MA_SANDBOX_REPLY_H
#include "../report/gap.h"

/* Starts zeroed. */
struct reply {
    uint8_t *p; /* owned */
    size_t n;
    size_t cap;
};
/* reply_receive appends what the socket holds. *end: nothing more will come. Returns GAP_NONE, or
 * the reason to kill the worker. */
struct gap reply_receive(struct reply *a, int sock, bool *end);
#endif
