/* reply.h - what a worker has sent so far; codec.h reads it when it is whole. */
#ifndef MA_SANDBOX_REPLY_H
#define MA_SANDBOX_REPLY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* owned; starts zeroed */
struct answer {
    uint8_t *p;
    size_t n, room;
};
/* What lies on the socket; *end: nothing more will come. NULL, or why the worker has to go
 * (static text). */
const char *answer_receive(struct answer *a, int sock, bool *end);
#endif
