#include "sign_options.h"

#include "../util/file_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns NULL after a message. */
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
    if (s->passphrase_file == NULL) {
        return load_key(s, NULL);
    }

    char *passphrase = key_passphrase(s->passphrase_file, &why);
    if (passphrase == NULL) {
        complain(0, "%s: %s", s->passphrase_file, why);
        return NULL;
    }

    struct key *k = load_key(s, passphrase);
    passphrase_free(passphrase);
    return k;
}

/* Sets *out to the certificates, or to NULL when none are given. Returns false after a message. */
static bool open_certs(const struct signing *s, const struct key *k, struct certs **out)
{
    const char *why = NULL;
    *out = NULL;
    if (s->certificate == NULL && s->chain != NULL) {
        complain(0, "--chain takes --certificate");
        return false;
    }
    if (s->certificate == NULL) {
        return true;
    }

    *out = certs_load(s->certificate, s->chain, k, &why);
    if (*out == NULL) {
        complain(0, "%s: %s", s->certificate, why);
    }
    return *out != NULL;
}

/* The user is prompted for a passphrase once, when the key signs. */
static bool is_prompted_for(const struct signing *s)
{
    return s->passphrase_file == NULL && isatty(STDIN_FILENO) == 1 && key_encrypted(s->key);
}

static bool is_usable(const struct signing *s)
{
    struct certs *certs = NULL;
    if (is_prompted_for(s)) {
        return true;
    }

    struct key *k = open_key(s);
    bool ok = k != NULL && open_certs(s, k, &certs);
    certs_free(certs);
    key_free(k);
    return ok;
}

/* Runs in a separate process: workers are forked from this one, and the buffers of stdio would keep
 * the bytes of the key. */
int signing_check(const struct signing *s)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(is_usable(s) ? 0 : EXIT_INCOMPLETE);
    }

    if (pid < 0) {
        return complain(EXIT_INCOMPLETE, "%s: %s", s->key, strerror(errno));
    }

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0 ? 0 : EXIT_INCOMPLETE;
}

static int write_bundle(const char *bundle, const char *out, const char *jsonl)
{
    const char *why = NULL;
    const char *path = out;
    bool ok;

    if (jsonl != NULL) {
        path = jsonl;
        ok = output_append_line(path, bytes_of(bundle), &why);
    } else {
        ok = output_write(path, bytes_of(bundle), &why);
    }

    if (!ok) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    return complain(0, "signed: %s", path);
}

int signing_write(const struct signing *s, const char *model, const char *statement,
                  const char *out, const char *jsonl)
{
    enum sign_error why;
    struct certs *certs = NULL;
    struct key *k = open_key(s);
    int code = EXIT_INCOMPLETE;

    if (k != NULL && open_certs(s, k, &certs)) {
        char *bundle = envelope_sign(bytes_of(statement), k, certs, &why);
        if (bundle != NULL) {
            code = write_bundle(bundle, out, jsonl);
        } else {
            code = complain(EXIT_INCOMPLETE, "%s: not signed: %s", model, sign_error_text(why));
        }
        free(bundle);
    }

    certs_free(certs);
    key_free(k);
    return code;
}
