/* sandbox.c - Landlock by raw system calls (Debian's header is older than kernels), seccomp by
 * seccomp_filter.c. */
#include "sandbox.h"

#include "../../parsers/base/limits.h"
#include "seccomp_filter.h"

#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#    define SYS_landlock_create_ruleset 444
#    define SYS_landlock_restrict_self 446
#endif
#define LANDLOCK_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION: asks for the ABI */
/* Address space beside the file's own: libraries, dictionaries, threads. */
#define MEMORY_BYTES ((uint64_t)BOUND_worker_memory_mib << 20)

/* Sanitizers need system calls and address space that a worker does without. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static long landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION);
}

static bool has_seccomp(void) { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0; }

const char *sandbox_kind(void)
{
    if (SANITIZED || !has_seccomp()) {
        return "none";
    }
    return landlock_abi() >= 1 ? "seccomp+landlock" : "seccomp";
}

/* All rights that the kernel knows are handled, and no rule grants one. */
static bool landlock_deny_all(void)
{
    /* by ABI: landlock(7) */
    static const uint64_t fs_rights[] = { 0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF };
    struct {
        uint64_t fs, net, scoped;
    } attr = { 0 };
    long abi = landlock_abi();
    if (abi < 1) {
        return true;
    }
    attr.fs = fs_rights[abi < 5 ? abi : 5];
    attr.net = abi >= 4 ? 3 : 0; /* bind and connect over TCP */
    attr.scoped = abi >= 6 ? 3 : 0; /* abstract sockets, signals */
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    long fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0u);
    if (fd < 0) {
        return false;
    }
    bool ok = syscall(SYS_landlock_restrict_self, (int)fd, 0u) == 0;
    close((int)fd);
    return ok;
}

static bool limit(int what, uint64_t n)
{
    struct rlimit r;
    if (getrlimit((__rlimit_resource_t)what, &r) != 0) {
        return false;
    }
    r.rlim_max = r.rlim_max < n ? r.rlim_max : n;
    r.rlim_cur = r.rlim_max;
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* Asked once: a worker of a zygote may not ask any more. */
static bool sandbox_unavailable(void)
{
    static enum { UNKNOWN, NOTHING, BOX } what;
    what = what != UNKNOWN ? what : SANITIZED || !has_seccomp() ? NOTHING : BOX;
    return what == NOTHING;
}

bool sandbox_prepare(bool forkserver)
{
    return sandbox_unavailable()
           || (forkserver
                   ? seccomp_prepare(SECCOMP_FORKSERVER) && seccomp_prepare(SECCOMP_DROP_FORK)
                   : seccomp_prepare(SECCOMP_WORKER));
}

static bool enter(uint64_t file_bytes, enum seccomp_kind seccomp_kind)
{
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_AS, MEMORY_BYTES + file_bytes)
           && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
           && landlock_deny_all() && seccomp_install(seccomp_kind);
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
