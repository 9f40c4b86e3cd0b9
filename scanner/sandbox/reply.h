/* reply.h - what a worker has sent so far; codec.h reads it when it is whole. */
#ifndef MA_SANDBOX_REPLY_H
#define MA_SANDBOX_REPLY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* owned; starts zeroed */
struct reply {
    uint8_t *p;
    size_t n, cap;
};
/* What lies on the socket; *end: nothing more will come. NULL, or why the worker has to go
 * (static text). */
const char *reply_receive(struct reply *a, int sock, bool *end);
#endif
