#include "clamd_session.h"

#include "clamd_scan.h"
#include "peer_cred.h"
#include "../util/io.h"
#include "../util/fdpass.h"
#include "../util/version.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Bytes of a command, with a path. */
    MAX_COMMAND = 4096 + 64,
    /* Commands of a connection. */
    MAX_COMMANDS = 1000000
};

/* --- bytes ------------------------------------------------------------------------- */

static void set_passed_fd(struct clamd_session *s, int fd)
{
    if (s->passed_fd >= 0) {
        close(s->passed_fd);
    }
    s->passed_fd = fd;
}

bool clamd_fill(struct clamd_session *s)
{
    int fd;
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    if (poll(&p, 1, (int)s->service->options->idle_seconds * 1000) <= 0) {
        return false;
    }

    ssize_t n = fdpass_receive(s->fd, s->buf, CLAMD_BUFFER, 0, &fd);
    if (fd >= 0) {
        set_passed_fd(s, fd);
    }
    s->at = 0;
    s->n = n > 0 ? (size_t)n : 0;
    return n > 0;
}

bool clamd_read_byte(struct clamd_session *s, uint8_t *out)
{
    if (s->at == s->n && !clamd_fill(s)) {
        return false;
    }
    *out = s->buf[s->at++];
    return true;
}

bool clamd_reply(struct clamd_session *s, const char *format, ...)
{
    char *text = NULL;
    char id[32] = "";
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        return false;
    }
    if (s->has_ids) {
        snprintf(id, sizeof id, "%llu: ", (unsigned long long)s->command_number);
    }
    bool ok = io_send_all(s->fd, id, strlen(id)) && io_send_all(s->fd, text, (size_t)n)
              && io_send_all(s->fd, &s->terminator, 1);
    free(text);
    return ok;
}

/* --- commands ---------------------------------------------------------------------------- */

/* Reads a command. One that begins with z ends with a NUL; any other ends with a newline, with or
 * without an n before it. */
static bool read_command(struct clamd_session *s, char command[MAX_COMMAND])
{
    uint8_t b;
    size_t n = 0;
    if (!clamd_read_byte(s, &b)) {
        return false;
    }

    s->terminator = b == 'z' ? 0 : '\n';
    if (b != 'z' && b != 'n') {
        command[n++] = (char)b;
    }
    while (n < MAX_COMMAND - 1 && clamd_read_byte(s, &b)) {
        if (b == (uint8_t)s->terminator) {
            command[n] = 0;
            return true;
        }
        command[n++] = (char)b;
    }
    return false;
}

/* The argument of `command` when its word is `word`, else NULL. */
static const char *command_argument(const char *command, const char *word)
{
    size_t n = strlen(word);
    return strncmp(command, word, n) == 0 && command[n] == ' ' ? command + n + 1 : NULL;
}

/* After an unknown command the connection ends, as with clamd. */
static bool run_path_command(struct clamd_session *s, const char *command)
{
    static const struct {
        const char *word;
        bool all_files;
    } words[] = {
        { "SCAN", false },
        { "CONTSCAN", true },
        { "MULTISCAN", true },
        { "ALLMATCHSCAN", true },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *path = command_argument(command, words[i].word);
        if (path != NULL) {
            return clamd_scan_path(s, path, words[i].all_files);
        }
    }

    (void)clamd_reply(s, "UNKNOWN COMMAND");
    return false;
}

static bool run_ping(struct clamd_session *s) { return clamd_reply(s, "PONG"); }

static bool run_version(struct clamd_session *s)
{
    return clamd_reply(s, "modelassay %s/%s", scanner_version(),
                       rules_version(s->service->scan.rules));
}

static bool run_versioncommands(struct clamd_session *s)
{
    return clamd_reply(s,
                       "modelassay %s/%s| COMMANDS: PING VERSION VERSIONCOMMANDS INSTREAM "
                       "FILDES SCAN CONTSCAN MULTISCAN ALLMATCHSCAN IDSESSION END",
                       scanner_version(), rules_version(s->service->scan.rules));
}

static bool run_idsession(struct clamd_session *s)
{
    s->has_ids = true;
    s->command_number = 0;
    return true;
}

static bool run_end(struct clamd_session *s)
{
    (void)s; /* unused: the connection ends */
    return false;
}

/* Returns false when the connection is to be closed. */
static bool run_command(struct clamd_session *s, const char *command)
{
    static const struct {
        const char *word;
        bool (*run)(struct clamd_session *s);
    } commands[] = {
        { "PING", run_ping },
        { "VERSION", run_version },
        { "VERSIONCOMMANDS", run_versioncommands },
        { "IDSESSION", run_idsession },
        { "END", run_end },
        { "INSTREAM", clamd_scan_stream },
        { "FILDES", clamd_scan_fd },
    };

    s->command_number++;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(command, commands[i].word) == 0) {
            return commands[i].run(s);
        }
    }
    return run_path_command(s, command);
}

/* Outside of an IDSESSION a connection has one command. */
static void run_commands(struct clamd_session *s)
{
    char command[MAX_COMMAND];
    bool open = true;
    for (unsigned i = 0; open && i < MAX_COMMANDS && read_command(s, command); i++) {
        s->service->count.active++;
        open = run_command(s, command) && s->has_ids;
        s->service->count.active--;
    }
}

static bool set_send_timeout(struct clamd_session *s)
{
    struct timeval timeout = { .tv_sec = (time_t)s->service->options->idle_seconds };
    return setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0;
}

void clamd_session_run(struct scan_service *service, int fd)
{
    struct clamd_session s = { .service = service, .fd = fd, .passed_fd = -1 };
    if (service->options->num_uids > 0 && !peer_is_allowed(service->options, fd)) {
        service->count.unauthorized++;
        return;
    }

    s.buf = malloc(CLAMD_BUFFER);
    if (s.buf != NULL && set_send_timeout(&s)) {
        run_commands(&s);
    }
    set_passed_fd(&s, -1);
    free(s.buf);
}
