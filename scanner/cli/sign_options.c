#include "sign_options.h"

#include "../util/file_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* NULL after a message. */
static struct key *load_key(const struct signing *s, const char *passphrase)
{
    const char *why = NULL;
    struct key *k = key_load(s->key, true, passphrase, &why);
    if (k == NULL) {
        complain(0, "%s: %s", s->key, why);
    }
    return k;
}

static struct key *open_key(const struct signing *s)
{
    const char *why = NULL;
    char *passphrase = s->passphrase_file != NULL ? key_passphrase(s->passphrase_file, &why) : NULL;
    if (s->passphrase_file != NULL && passphrase == NULL) {
        complain(0, "%s: %s", s->passphrase_file, why);
        return NULL;
    }
    struct key *k = load_key(s, passphrase);
    passphrase_free(passphrase);
    return k;
}

static bool open_certs(const struct signing *s, const struct key *k, struct certs **out)
{
    const char *why = NULL;
    *out = NULL;
    if (s->certificate == NULL) {
        return s->chain == NULL || complain(0, "--chain takes --certificate") != 0;
    }
    *out = certs_load(s->certificate, s->chain, k, &why);
    if (*out == NULL) {
        complain(0, "%s: %s", s->certificate, why);
    }
    return *out != NULL;
}

/* A key whose passphrase is asked for on the terminal is asked for once: when it signs. */
static bool usable(const struct signing *s)
{
    struct certs *certs = NULL;
    if (key_encrypted(s->key) && s->passphrase_file == NULL && isatty(STDIN_FILENO) == 1) {
        return true;
    }
    struct key *k = open_key(s);
    bool ok = k != NULL && open_certs(s, k, &certs);
    certs_free(certs);
    key_free(k);
    return ok;
}

/* In a process of its own: workers are forked from this one, and stdio's buffers keep what was
 * read of a key. */
int signing_check(const struct signing *s)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(usable(s) ? 0 : EXIT_INCOMPLETE);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid < 0       ? complain(EXIT_INCOMPLETE, "%s: %s", s->key, strerror(errno))
           : status == 0 ? 0
                         : EXIT_INCOMPLETE;
}

static int write_out(const char *bundle, const char *out, const char *jsonl)
{
    const char *why = NULL;
    const char *to = jsonl != NULL ? jsonl : out;
    if (!(jsonl != NULL ? output_append_line(jsonl, bytes_of(bundle), &why)
                        : output_write(out, bytes_of(bundle), &why))) {
        return complain(EXIT_INCOMPLETE, "%s: %s", to, why);
    }
    return complain(0, "signed: %s", to);
}

int signing_write(const struct signing *s, const char *model, const char *statement,
                  const char *out, const char *jsonl)
{
    const char *why = NULL;
    struct certs *certs = NULL;
    struct key *k = open_key(s);
    int code = EXIT_INCOMPLETE;
    if (k != NULL && open_certs(s, k, &certs)) {
        char *bundle = envelope_sign(bytes_of(statement), k, certs, &why);
        code = bundle == NULL ? complain(EXIT_INCOMPLETE, "%s: not signed: %s", model, why)
                              : write_out(bundle, out, jsonl);
        free(bundle);
    }
    certs_free(certs);
    key_free(k);
    return code;
}
