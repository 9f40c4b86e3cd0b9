/* cmd_run.c - the command run: makes private copies of models, checks the copies, and starts CMD
 * with the copies in place of the models: the bytes that were checked are the bytes that CMD
 * loads. */
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

#define USAGE "usage: modelassay run [OPTIONS] PATH... -- CMD ARGS"

struct run {
    struct scan_args args;
    /* --verify and --bundle. */
    const char *key, *bundle;
    /* CMD and its arguments, NULL-terminated; arguments are replaced in place. */
    char **cmd;
    struct private_copy copies[MAX_MODELS];
    size_t num_copies;
};

/* --- checking ---------------------------------------------------------------------- */

static bool add_copy(struct report *r, const struct scan_options *o, const struct private_copy *c)
{
    if (c->fd >= 0) {
        return scan_fd(r, o, c->fd, c->path);
    }
    return scan_path(r, o, c->folder);
}

static struct report *scan_copies(struct run *run)
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
        return NULL;
    }

    scan_end(r);
    return r;
}

/* Prints to stderr: stdout belongs to CMD. */
static void print_report(const struct run *run, const struct report *r, bool refused)
{
    struct text_style style = { .verbose = run->args.verbose };
    bool shown = refused ? !run->args.quiet : run->args.verbose;

    for (size_t i = 0; shown && i < r->num_files; i++) {
        write_text_file(stderr, &r->files[i], style);
    }
    for (size_t i = 0; i < r->num_gaps; i++) {
        complain(0, "%s: %s", r->gaps[i].where, r->gaps[i].reason);
    }
}

static int check_by_scan(struct run *run)
{
    struct report *r = scan_copies(run);
    if (r == NULL) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    int code = cancelled != 0 ? EXIT_INCOMPLETE : exit_code(r, run->args.scan.fail_on);
    print_report(run, r, code != 0);
    report_free(r);
    return code;
}

static void print_failure(void *ctx, const struct failure *c)
{
    (void)ctx; /* unused: the output is stderr */
    if (c->file != NULL) {
        complain(0, "verify: %s: %s", c->file, c->text);
    } else {
        complain(0, "verify: %s", c->text);
    }
}

static int verify_copy(const struct private_copy *c, const char *bundle,
                       const struct requirements *requirements)
{
    struct failures failures = { .sink = print_failure };
    struct verify_options o = { .model = c->use,
                                .name = c->fd >= 0 ? c->name : NULL,
                                .bundles = &bundle,
                                .num_bundles = 1,
                                .requirements = requirements };
    return verify_model(&o, &failures, NULL, NULL);
}

/* With the default bundle of a copy's model. */
static int verify_copy_by_default(const struct private_copy *c, const struct requirements *d)
{
    char *bundle = bundle_path(c->path, SUFFIX_SCAN);
    if (bundle == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: no such file or folder", c->path);
    }
    int code = verify_copy(c, bundle, d);
    free(bundle);
    return code;
}

static int check_by_signature(struct run *run)
{
    const char *why = NULL;
    struct requirements d = { .types = TYPE_SCAN };
    struct key *k = key_load(run->key, false, NULL, &why);
    int code = 0;

    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", run->key, why);
    }
    if (!requirements_add_signer(&d, (struct signer){ .key = k, .types = TYPE_SCAN })) {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    }

    for (size_t i = 0; code == 0 && i < run->num_copies; i++) {
        const struct private_copy *c = &run->copies[i];
        if (run->bundle != NULL) {
            code = verify_copy(c, run->bundle, &d);
        } else {
            code = verify_copy_by_default(c, &d);
        }
    }

    requirements_done(&d);
    return code;
}

/* --- running ------------------------------------------------------------------------------- */

/* Replaces every argument that is the path of a checked model. A checked path that is not among
 * the arguments is an error: its check would have no effect. */
static bool replace_paths(struct run *run)
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
            complain(0,
                     "'%s' does not appear in the command line of %s; write the path exactly as "
                     "given before \"--\"",
                     run->copies[i].path, run->cmd[0]);
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

/* Waits for CMD, because the copies are removed afterwards. Signals are passed on. */
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

    cancelled = 0; /* CMD's status is the exit code, even after a signal */
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_checked(struct run *run)
{
    for (size_t i = 0; i < run->args.num_paths; i++) {
        if (!private_copy_make(&run->copies[run->num_copies++], run->args.paths[i])) {
            return EXIT_INCOMPLETE;
        }
    }

    if (!replace_paths(run)) {
        return EXIT_USAGE;
    }

    int code;
    if (run->key != NULL) {
        code = check_by_signature(run);
    } else {
        code = check_by_scan(run);
    }

    if (code != 0) {
        return complain(code, "%s is not started", run->cmd[0]);
    }
    return execute_and_wait(run->cmd);
}

/* Removes every `option VALUE` from argv and *argc. Returns the last VALUE, or NULL. */
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

static bool usage_is_valid(const struct run *run)
{
    size_t n = run->args.num_paths;
    if (n == 0 || n > MAX_MODELS) {
        return false;
    }
    return run->bundle == NULL || (run->key != NULL && n == 1);
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
        return complain(EXIT_USAGE, USAGE);
    }

    run.cmd = argv + split + 1;
    int num_args = split;
    run.key = take_option(&num_args, argv, "--verify");
    run.bundle = take_option(&num_args, argv, "--bundle");
    argv[num_args] = NULL;

    int code = scan_args_parse(&run.args, num_args, argv, &stop);
    if (code == 0 && !stop && !usage_is_valid(&run)) {
        code = complain(EXIT_USAGE, USAGE " (--bundle takes --verify and one path)");
    } else if (code == 0 && !stop) {
        code = run_checked(&run);
    }

    for (size_t i = 0; i < run.num_copies; i++) {
        private_copy_done(&run.copies[i]);
    }

    scan_args_done(&run.args);
    return code;
}
