/* sandbox.c - Landlock by raw system calls (Debian's header is older than kernels), seccomp by libseccomp. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif
#define LANDLOCK_VERSION 1u           /* LANDLOCK_CREATE_RULESET_VERSION: asks for the ABI */
#define MEMORY_BYTES (UINT64_C(1) << 31)   /* address space beside the file's share: libraries, dictionaries, threads */

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

static bool has_seccomp(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

const char *sandbox_kind(void)
{
    if (SANITIZED || !has_seccomp()) {
        return "none";
    }
    return landlock_abi() >= 1 ? "seccomp+landlock" : "seccomp";
}

/* All rights that the kernel knows are handled, and no rule grants one. */
static bool close_files(void)
{
    static const uint64_t fs_rights[] = { 0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF };    /* by ABI: landlock(7) */
    struct { uint64_t fs, net, scoped; } attr = { 0 };
    long abi = landlock_abi();
    if (abi < 1) {
        return true;
    }
    attr.fs = fs_rights[abi < 5 ? abi : 5];
    attr.net = abi >= 4 ? 3 : 0;                       /* bind and connect over TCP */
    attr.scoped = abi >= 6 ? 3 : 0;                    /* abstract sockets, signals */
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    long fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0u);
    if (fd < 0) {
        return false;
    }
    bool ok = syscall(SYS_landlock_restrict_self, (int)fd, 0u) == 0;
    close((int)fd);
    return ok;
}

static const int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk),
    SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(sysinfo), SCMP_SYS(getrandom),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(restart_syscall), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(exit), SCMP_SYS(exit_group)
};
/* Refused politely: libraries try these and go on. */
static const int refused[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
                               SCMP_SYS(access), SCMP_SYS(prlimit64), SCMP_SYS(ioctl), SCMP_SYS(uname), SCMP_SYS(unlink) };

static bool add_rules(scmp_filter_ctx f)
{
    bool ok = true;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        (void)seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0);      /* some exist on one architecture only */
    }
    /* Memory without PROT_EXEC; threads, not processes; glibc falls back from clone3 to clone. */
    ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0;
    ok &= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    return ok;
}

/* The filter as the kernel takes it; made once, as libseccomp takes longer for it than a fork. */
static struct sock_filter *program;
static unsigned short num_program;

static bool read_program(int fd)
{
    off_t n = lseek(fd, 0, SEEK_END);
    if (n <= 0 || (uint64_t)n / sizeof *program > UINT16_MAX || (program = malloc((size_t)n)) == NULL) {
        return false;
    }
    num_program = (unsigned short)((size_t)n / sizeof *program);
    for (off_t at = 0; at < n; ) {
        ssize_t got = pread(fd, (uint8_t *)program + at, (size_t)(n - at), at);
        if (got <= 0) {
            return false;
        }
        at += got;
    }
    return true;
}

bool sandbox_prepare(void)
{
    if (SANITIZED || !has_seccomp() || program != NULL) {
        return true;
    }
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int fd = memfd_create("modelassay-filter", MFD_CLOEXEC);
    /* A binary tree: the kernel runs the filter for every number of a system call when a worker enters (seccomp_cache_prepare). */
    bool tree = f != NULL && seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
    bool ok = tree && fd >= 0 && add_rules(f) && seccomp_export_bpf(f, fd) == 0 && read_program(fd);
    if (fd >= 0) {
        close(fd);
    }
    if (f != NULL) {
        seccomp_release(f);
    }
    return ok;
}

static bool close_calls(void)
{
    struct sock_fprog p = { num_program, program };
    return program != NULL && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) == 0;
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

bool sandbox_enter(uint64_t file_bytes)
{
    if (SANITIZED || !has_seccomp()) {
        return true;
    }
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_AS, MEMORY_BYTES + file_bytes)
        && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
        && close_files() && close_calls();
}
