/* sandbox.c - closes the sandbox of a worker: resource limits, Landlock, seccomp. */
#include "sandbox.h"

#include "../../parsers/base/limits.h"
#include "landlock.h"
#include "seccomp_filter.h"

#include <sys/prctl.h>
#include <sys/resource.h>

/* Address space beside the file's own: libraries, dictionaries, threads. */
#define MEMORY_BYTES ((uint64_t)BOUND_worker_memory_mib << 20)

/* Sanitizers need system calls and address space that a worker does without. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static bool has_seccomp(void) { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0; }

const char *sandbox_kind(void)
{
    if (SANITIZED || !has_seccomp()) {
        return "none";
    }
    return landlock_is_available() ? "seccomp+landlock" : "seccomp";
}

static bool lower_limit(int what, uint64_t n)
{
    struct rlimit r;
    if (getrlimit((__rlimit_resource_t)what, &r) != 0) {
        return false;
    }
    r.rlim_max = r.rlim_max < n ? r.rlim_max : n;
    r.rlim_cur = r.rlim_max;
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* Asks the kernel once: a worker of the forkserver may not ask any more. */
static bool sandbox_unavailable(void)
{
    static enum { UNKNOWN, UNAVAILABLE, AVAILABLE } state;
    if (state == UNKNOWN) {
        state = SANITIZED || !has_seccomp() ? UNAVAILABLE : AVAILABLE;
    }
    return state == UNAVAILABLE;
}

bool sandbox_prepare(bool forkserver)
{
    if (sandbox_unavailable()) {
        return true;
    }
    if (forkserver) {
        return seccomp_prepare(SECCOMP_FORKSERVER) && seccomp_prepare(SECCOMP_DROP_FORK);
    }
    return seccomp_prepare(SECCOMP_WORKER);
}

static bool enter(uint64_t file_bytes, enum seccomp_kind seccomp_kind)
{
    bool limited = lower_limit(RLIMIT_CORE, 0) && lower_limit(RLIMIT_AS, MEMORY_BYTES + file_bytes);
    bool unprivileged =
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
    return limited && unprivileged && landlock_deny_all() && seccomp_install(seccomp_kind);
}

bool sandbox_enter(uint64_t file_bytes)
{
    return sandbox_unavailable() || enter(file_bytes, SECCOMP_WORKER);
}

bool sandbox_enter_forkserver(uint64_t file_bytes)
{
    return sandbox_unavailable() || enter(file_bytes, SECCOMP_FORKSERVER);
}

bool sandbox_drop_fork(void) { return sandbox_unavailable() || seccomp_install(SECCOMP_DROP_FORK); }
