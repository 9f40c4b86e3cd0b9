/* load_options.c - what the options name is loaded: rules, policy, sandbox. */
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
    a->loaded = rules_load(a->rules_dir, &why);
    if (a->loaded == NULL) {
        int code = complain(EXIT_INCOMPLETE, "%s", why != NULL ? why : "out of memory");
        free(why);
        return code;
    }
    a->scan.rules = a->loaded;
    return 0;
}

/* --fail-on counts for more than the policy does. */
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

static int set_jobs(struct scan_args *a)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = a->jobs > 0 ? a->jobs : processors > 0 ? (uint64_t)processors : 1;
    if (!pool_prefetcher_init(&a->prefetcher, jobs < BOUND_jobs ? (size_t)jobs : BOUND_jobs)) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    a->scan.prefetcher = &a->prefetcher;
    return 0;
}

/* Parsers run in a worker, unless the user or the kernel says no. */
static int set_sandbox(struct scan_args *a)
{
    const char *kind = a->no_sandbox ? "none" : sandbox_kind();
    bool none = strcmp(kind, "none") == 0;
    if (none && a->require_sandbox) {
        return complain(EXIT_INCOMPLETE,
                        a->no_sandbox ? "--no-sandbox and --require-sandbox exclude each other"
                                      : "this kernel has no sandbox");
    }
    if (none && !a->no_sandbox) {
        complain(0, "this kernel (or build) has no sandbox: files are parsed in this process");
    }
    a->scan.scan_in_sandbox = none ? NULL : pool_scan;
    a->scan.sandbox = kind;
    return none ? 0 : set_jobs(a);
}

static void say(void *ctx, const char *what)
{
    (void)ctx; /* there is one standard error */
    complain(0, "%s", what);
}

/* A store that cannot be used costs time, never a verdict. */
static void open_cache(struct scan_args *a)
{
    a->store = a->cache != NULL ? store_open(a->cache, say, NULL) : NULL;
    a->scan.memory = a->store != NULL ? store_cache(a->store) : NULL;
    a->same_inode = store_open_ram();
    a->scan.same_inode = a->same_inode != NULL ? store_cache(a->same_inode) : NULL;
}

int scan_args_load(struct scan_args *a)
{
    int code = load_rules(a);
    code = code != 0 ? code : set_sandbox(a);
    code = code != 0 ? code : load_policy(a);
    if (code == 0) {
        open_cache(a);
    }
    return code;
}

void scan_args_done(struct scan_args *a)
{
    pool_prefetcher_done(&a->prefetcher);
    store_close(a->store);
    store_close(a->same_inode);
    waivers_free(a->loaded_policy);
    rules_free(a->loaded);
    free(a->excludes);
    free(a->outputs);
}
