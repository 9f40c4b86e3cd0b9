/* cmd_run.c - what was checked is what is loaded: private copies are checked, and CMD gets
 * these. */
#include "cli.h"

#include "../attest/attest.h"
#include "../report/write.h"
#include "private_copy.h"
#include "progress.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_MODELS 64 /* paths of one command */

struct run {
    struct scan_args args;
    const char *key, *bundle; /* --verify, --bundle */
    char **cmd; /* NULL-ended, ours to change */
    struct private_copy copies[MAX_MODELS];
    size_t num_copies;
};

/* --- may it run? ------------------------------------------------------------------- */

static bool add_copy(struct report *r, const struct scan_options *o, const struct private_copy *c)
{
    return c->fd >= 0 ? scan_fd(r, o, c->fd, c->path) : scan_path(r, o, c->folder);
}

static int scan_copies(struct run *run)
{
    struct progress_line line;
    run->args.scan.progress = progress_init(&line, run->args.progress) ? &line.hooks : NULL;
    struct report *r = scan_begin(&run->args.scan);
    bool ok = r != NULL;
    for (size_t i = 0; ok && i < run->num_copies; i++) {
        ok = add_copy(r, &run->args.scan, &run->copies[i]);
    }
    progress_done(&line);
    if (!ok) {
        report_free(r);
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    scan_end(r);
    int code = cancelled != 0 ? EXIT_INCOMPLETE : exit_code(r, run->args.scan.fail_on);
    for (size_t i = 0; i < r->num_files; i++) { /* standard output is CMD's */
        bool shown = code != 0 ? !run->args.quiet : run->args.verbose;
        if (shown) {
            write_text_file(stderr, &r->files[i],
                            (struct text_style){ .verbose = run->args.verbose });
        }
    }
    for (size_t i = 0; i < r->num_gaps; i++) {
        complain(0, "%s: %s", r->gaps[i].where, r->gaps[i].reason);
    }
    report_free(r);
    return code;
}

static void print_cause(void *ctx, const struct failure *c)
{
    (void)ctx; /* stderr needs none */
    complain(0, "verify: %s%s%s", c->file != NULL ? c->file : "", c->file != NULL ? ": " : "",
             c->text);
}

static int verify_copies(struct run *run)
{
    const char *why = NULL;
    struct requirements d = { .types = TYPE_SCAN };
    struct key *k = key_load(run->key, false, NULL, &why);
    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", run->key, why);
    }
    int code = requirements_add_signer(&d, (struct signer){ .key = k, .types = TYPE_SCAN })
                   ? 0
                   : complain(EXIT_INCOMPLETE, "out of memory");
    for (size_t i = 0; code == 0 && i < run->num_copies; i++) {
        const struct private_copy *c = &run->copies[i];
        char *beside = bundle_path(c->path, SUFFIX_SCAN);
        const char *bundles[1] = { run->bundle != NULL ? run->bundle : beside };
        struct failures causes = { .sink = print_cause };
        struct verify_options o = { .model = c->use,
                                    .name = c->fd >= 0 ? c->name : NULL,
                                    .bundles = bundles,
                                    .num_bundles = 1,
                                    .requirements = &d };
        code = bundles[0] != NULL
                   ? verify_model(&o, &causes, NULL, NULL)
                   : complain(EXIT_INCOMPLETE, "%s: no such file or folder", c->path);
        free(beside);
    }
    requirements_done(&d);
    return code;
}

/* --- it runs ---------------------------------------------------------------------------- */

/* Every argument that is a path that was checked. A path that CMD is not given was checked for
 * nothing. */
static bool put_copies(struct run *run)
{
    for (size_t i = 0; i < run->num_copies; i++) {
        bool used = false;
        for (char **arg = run->cmd + 1; *arg != NULL; arg++) {
            if (strcmp(*arg, run->copies[i].path) == 0) {
                *arg = run->copies[i].use;
                used = true;
            }
        }
        if (!used) {
            complain(0, "%s is no argument of %s, written just so", run->copies[i].path,
                     run->cmd[0]);
            return false;
        }
    }
    return true;
}

static _Noreturn void execute(char **cmd)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    execvp(cmd[0], cmd);
    int err = errno;
    complain(0, "%s: %s", cmd[0], strerror(err));
    _exit(err == ENOENT ? 127 : 126);
}

/* Waits, to clean up behind it.  A signal that we get is passed on. */
static int execute_and_wait(char **cmd)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        execute(cmd);
    }
    if (pid < 0) {
        return complain(EXIT_INCOMPLETE, "%s: %s", cmd[0], strerror(errno));
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        if (cancelled != 0) {
            kill(pid, cancelled);
        }
    }
    cancelled = 0; /* the answer is CMD's */
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_checked(struct run *run)
{
    for (size_t i = 0; i < run->args.num_paths; i++) {
        if (!private_make(&run->copies[run->num_copies++], run->args.paths[i])) {
            return EXIT_INCOMPLETE;
        }
    }
    if (!put_copies(run)) {
        return EXIT_USAGE;
    }
    int code = run->key != NULL ? verify_copies(run) : scan_copies(run);
    return code != 0 ? complain(code, "%s is not started", run->cmd[0])
                     : execute_and_wait(run->cmd);
}

/* Takes `option VALUE` out of argv; NULL when it is not there.  *argc shrinks. */
static const char *take_option(int *argc, char **argv, const char *option)
{
    const char *value = NULL;
    for (int i = 1; i + 1 < *argc; i++) {
        if (strcmp(argv[i], option) == 0) {
            value = argv[i + 1];
            memmove(&argv[i], &argv[i + 2], (size_t)(*argc - i - 2) * sizeof *argv);
            *argc -= 2;
            i--;
        }
    }
    return value;
}

int cmd_run(int argc, char **argv)
{
    struct run run = { 0 };
    bool stop = false;
    int split = 1;
    while (split < argc && strcmp(argv[split], "--") != 0) {
        split++;
    }
    if (split + 1 >= argc) {
        return complain(EXIT_USAGE, "usage: modelassay run [OPTIONS] PATH... -- CMD ARGS");
    }
    run.cmd = argv + split + 1;
    int own = split;
    run.key = take_option(&own, argv, "--verify");
    run.bundle = take_option(&own, argv, "--bundle");
    argv[own] = NULL;
    int code = scan_args_parse(&run.args, own, argv, &stop);
    if (code == 0 && !stop) {
        code = run.args.num_paths == 0 || run.args.num_paths > MAX_MODELS
                       || (run.bundle != NULL && (run.key == NULL || run.args.num_paths != 1))
                   ? complain(EXIT_USAGE, "usage: modelassay run [OPTIONS] PATH... -- CMD ARGS "
                                          "(--bundle takes --verify and one path)")
                   : run_checked(&run);
    }
    for (size_t i = 0; i < run.num_copies; i++) {
        private_done(&run.copies[i]);
    }
    scan_args_done(&run.args);
    return code;
}
