/* clamd_session.h - one connection of clamd's protocol: bytes and commands (clamd_session.c),
 * what they scan (clamd_scan.c). */
#ifndef MA_SERVE_CLAMD_SESSION_H
#define MA_SERVE_CLAMD_SESSION_H
#include "scan_service.h"

/* bytes */
enum { SESSION_BUFFER = 65536 };
struct session {
    struct scan_service *service;
    int fd, passed; /* passed: a descriptor that came along, or -1 */
    char end; /* of commands and replies: NUL or newline */
    bool found; /* a reply said FOUND */
    bool ids; /* after IDSESSION replies carry the number of their command */
    uint64_t number;
    uint8_t *buf;
    size_t at, n;
};

/* More bytes, and a descriptor where one comes along. False: the end, silence for too long, or
 * an error. */
bool session_fill(struct session *s);
bool session_take_byte(struct session *s, uint8_t *out);
/* One line; what it quotes is printable already. */
bool session_reply(struct session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False, from all of them: the connection ends. */
bool session_instream(struct session *s);
bool session_fildes(struct session *s);
/* go_on: past the first file in which something is found. */
bool session_scan_path(struct session *s, const char *path, bool go_on);
#endif
