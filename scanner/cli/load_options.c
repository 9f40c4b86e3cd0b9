/* load_options.c - loads what the options name: rules, policy, sandbox, store. */
#include "cli.h"

#include "../sandbox/sandbox.h"
#include "../sandbox/pool.h"
#include "../judge/waivers.h"
#include "../store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int load_rules(struct scan_args *a)
{
    char *why = NULL;
    if (a->rules_dir == NULL) {
        return 0;
    }

    a->loaded_rules = rules_load(a->rules_dir, &why);
    if (a->loaded_rules == NULL) {
        int code = complain(EXIT_INCOMPLETE, "%s", why != NULL ? why : "out of memory");
        free(why);
        return code;
    }

    a->scan.rules = a->loaded_rules;
    return 0;
}

/* --fail-on overrides the policy. */
static int load_policy(struct scan_args *a)
{
    char *why = NULL;
    if (a->policy == NULL) {
        return 0;
    }

    a->loaded_policy = waivers_load(a->policy, a->scan.rules, &why);
    if (a->loaded_policy == NULL) {
        int code = complain(EXIT_INCOMPLETE, "%s", why != NULL ? why : "out of memory");
        free(why);
        return code;
    }

    for (size_t i = 0; i < waivers_num_warnings(a->loaded_policy); i++) {
        complain(0, "%s: %s", a->policy, waivers_warning(a->loaded_policy, i));
    }

    if (!a->fail_on_given && waivers_fail_on(a->loaded_policy) != SEV_NONE) {
        a->scan.fail_on = waivers_fail_on(a->loaded_policy);
    }

    a->scan.policy = a->loaded_policy;
    return 0;
}

static uint64_t num_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint64_t)n : 1;
}

static int set_jobs(struct scan_args *a)
{
    uint64_t jobs = a->jobs > 0 ? a->jobs : num_processors();
    a->pool = pool_new(jobs < BOUND_jobs ? (size_t)jobs : BOUND_jobs);
    if (a->pool == NULL) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    a->prefetcher = pool_prefetcher(a->pool);
    a->scan.prefetcher = &a->prefetcher;
    a->scan.sandbox_ctx = a->pool;
    return 0;
}

/* Parsers run in a sandboxed worker, unless --no-sandbox is given or the kernel has no sandbox. */
static int set_sandbox(struct scan_args *a)
{
    if (a->no_sandbox && a->require_sandbox) {
        return complain(EXIT_INCOMPLETE, "--no-sandbox and --require-sandbox exclude each other");
    }

    const char *kind = a->no_sandbox ? "none" : sandbox_kind();
    bool none = strcmp(kind, "none") == 0;
    if (none && a->require_sandbox) {
        return complain(EXIT_INCOMPLETE, "this kernel has no sandbox");
    }
    if (none && !a->no_sandbox) {
        complain(0, "this kernel (or build) has no sandbox: files are parsed in this process");
    }

    a->scan.scan_in_sandbox = none ? NULL : pool_scan;
    a->scan.sandbox = kind;
    return none ? 0 : set_jobs(a);
}

static void print_warning(void *ctx, const char *what)
{
    (void)ctx; /* unused: the output is stderr */
    complain(0, "%s", what);
}

/* A store that cannot be used makes a scan slower and changes no verdict. */
static void open_stores(struct scan_args *a)
{
    if (a->cache != NULL) {
        a->store = store_open(a->cache, print_warning, NULL);
    }

    if (a->store != NULL) {
        a->scan.cache = store_cache(a->store);
    }

    a->same_inode = store_open_ram();
    if (a->same_inode != NULL) {
        a->scan.same_inode = store_cache(a->same_inode);
    }
}

int scan_args_load(struct scan_args *a)
{
    int code = load_rules(a);
    if (code == 0) {
        code = set_sandbox(a);
    }

    if (code == 0) {
        code = load_policy(a);
    }

    if (code == 0) {
        open_stores(a);
    }
    return code;
}

void scan_args_done(struct scan_args *a)
{
    pool_free(a->pool);
    store_close(a->store);
    store_close(a->same_inode);
    waivers_free(a->loaded_policy);
    rules_free(a->loaded_rules);
    free(a->excludes);
    free(a->outputs);
}
