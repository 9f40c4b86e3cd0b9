/* reply.h - what a worker has sent so far; codec.h reads it when it is whole. */
#ifndef MA_SANDBOX_REPLY_H
#define MA_SANDBOX_REPLY_H
#include "../report/gap.h"

/* owned; starts zeroed */
struct reply {
    uint8_t *p;
    size_t n, cap;
};
/* Adds what lies on the socket; *end: nothing more will come.  GAP_NONE, or why the worker has to
 * be ended. */
struct gap reply_receive(struct reply *a, int sock, bool *end);
#endif
