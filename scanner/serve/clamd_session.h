/* clamd_session.h - one connection of the clamd protocol: its bytes and its commands. */
#ifndef MA_SERVE_CLAMD_SESSION_H
#define MA_SERVE_CLAMD_SESSION_H
#include "scan_service.h"

enum { CLAMD_BUFFER = 65536 };

struct clamd_session {
    struct scan_service *service;
    int fd;
    /* A descriptor that was received, or -1. */
    int passed_fd;
    /* End of commands and replies: NUL or newline. */
    char terminator;
    /* A reply was FOUND. */
    bool found;
    /* After IDSESSION replies begin with the number of their command. */
    bool has_ids;
    uint64_t command_number;
    /* Received bytes [at, n) are not read yet. */
    uint8_t *buf;
    size_t at, n;
};

/* clamd_session_run serves a connection until it ends. fd is borrowed. */
void clamd_session_run(struct scan_service *service, int fd);

/* clamd_fill receives more bytes, and a descriptor where one is passed. Returns false at the end,
 * after --idle-seconds without bytes, or on an error. */
bool clamd_fill(struct clamd_session *s);

/* clamd_read_byte returns false where clamd_fill() does. */
bool clamd_read_byte(struct clamd_session *s, uint8_t *out);

/* clamd_reply sends one line; quoted text must be printable. Returns false on failure. */
bool clamd_reply(struct clamd_session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#endif
