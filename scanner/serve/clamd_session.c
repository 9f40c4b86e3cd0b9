/* clamd_session.c - one connection of clamd's protocol. */
#include "clamd_session.h"

#include "clamd.h"
#include "peer_cred.h"
#include "../util/io.h"
#include "../util/fdpass.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* bytes; commands */
enum { MAX_COMMAND = 4096 + 64, IN_SESSION_MAX = 1000000 };

/* --- bytes ------------------------------------------------------------------------- */

bool session_fill(struct session *s)
{
    int passed;
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    if (poll(&p, 1, (int)s->service->options->idle_seconds * 1000) <= 0) {
        return false;
    }
    ssize_t n = fdpass_receive(s->fd, s->buf, SESSION_BUFFER, 0, &passed);
    if (passed >= 0) {
        if (s->passed >= 0) {
            close(s->passed);
        }
        s->passed = passed;
    }
    s->at = 0;
    s->n = n > 0 ? (size_t)n : 0;
    return n > 0;
}

bool session_take_byte(struct session *s, uint8_t *out)
{
    if (s->at == s->n && !session_fill(s)) {
        return false;
    }
    *out = s->buf[s->at++];
    return true;
}

bool session_reply(struct session *s, const char *format, ...)
{
    char *text = NULL, id[32] = "";
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        return false;
    }
    if (s->ids) {
        snprintf(id, sizeof id, "%llu: ", (unsigned long long)s->number);
    }
    bool ok = io_send_all(s->fd, id, strlen(id)) && io_send_all(s->fd, text, (size_t)n)
              && io_send_all(s->fd, &s->end, 1);
    free(text);
    return ok;
}

/* --- commands
 * ---------------------------------------------------------------------------------- */

/* z and n in front say what ends the command; without them a newline does, and there is one
 * command only. */
static bool read_command(struct session *s, char command[MAX_COMMAND], bool *plain)
{
    uint8_t b;
    size_t n = 0;
    if (!session_take_byte(s, &b)) {
        return false;
    }
    s->end = b == 'z' ? 0 : '\n';
    *plain = b != 'z' && b != 'n';
    if (*plain) {
        command[n++] = (char)b;
    }
    while (n < MAX_COMMAND - 1 && session_take_byte(s, &b)) {
        if (b == (uint8_t)s->end) {
            command[n] = 0;
            return true;
        }
        command[n++] = (char)b;
    }
    return false;
}

static const char *behind(const char *command, const char *word)
{
    size_t n = strlen(word);
    return strncmp(command, word, n) == 0 && command[n] == ' ' ? command + n + 1 : NULL;
}

static bool scan_command(struct session *s, const char *command)
{
    static const struct {
        const char *word;
        bool go_on;
    } words[] = {
        { "SCAN", false },
        { "CONTSCAN", true },
        { "MULTISCAN", true },
        { "ALLMATCHSCAN", true },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *path = behind(command, words[i].word);
        if (path != NULL) {
            return session_scan_path(s, path, words[i].go_on);
        }
    }
    (void)session_reply(s, "UNKNOWN COMMAND"); /* then the connection ends, as clamd does it */
    return false;
}

/* False: the connection ends. */
static bool dispatch_command(struct session *s, const char *command)
{
    s->number++;
    if (strcmp(command, "PING") == 0) {
        return session_reply(s, "PONG");
    }
    if (strcmp(command, "VERSION") == 0) {
        return session_reply(s, "modelassay %s/%s", MA_VERSION,
                             rules_version(s->service->scan.rules));
    }
    if (strcmp(command, "VERSIONCOMMANDS") == 0) {
        return session_reply(s,
                             "modelassay %s/%s| COMMANDS: PING VERSION VERSIONCOMMANDS INSTREAM "
                             "FILDES SCAN CONTSCAN MULTISCAN ALLMATCHSCAN IDSESSION END",
                             MA_VERSION, rules_version(s->service->scan.rules));
    }
    if (strcmp(command, "IDSESSION") == 0) {
        s->ids = true;
        s->number = 0;
        return true;
    }
    if (strcmp(command, "END") == 0) {
        return false;
    }
    return strcmp(command, "INSTREAM") == 0 ? session_instream(s)
           : strcmp(command, "FILDES") == 0 ? session_fildes(s)
                                            : scan_command(s, command);
}

void clamd_session(struct scan_service *g, int fd)
{
    struct session s = { .service = g, .fd = fd, .passed = -1, .buf = malloc(SESSION_BUFFER) };
    struct timeval timeout_ms = { .tv_sec = (time_t)g->options->idle_seconds };
    char command[MAX_COMMAND];
    bool plain = false;
    bool known = g->options->num_uids == 0 || peer_is_allowed(g->options, fd);
    if (!known) {
        g->count.unauthorized++;
    }
    bool ok = known && s.buf != NULL
              && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout_ms, sizeof timeout_ms) == 0;
    for (unsigned i = 0; ok && i < IN_SESSION_MAX && read_command(&s, command, &plain); i++) {
        g->count.active++;
        ok =
            dispatch_command(&s, command) && s.ids; /* one command a connection, but in a session */
        g->count.active--;
    }
    if (s.passed >= 0) {
        close(s.passed);
    }
    free(s.buf);
}
