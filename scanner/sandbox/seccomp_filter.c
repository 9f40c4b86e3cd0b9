/* seccomp_filter.c - seccomp filters, made by libseccomp. A list holds the system calls that are
 * needed; any other kills the process. */
#include "seccomp_filter.h"

#include "../../parsers/base/source.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int allowed[] = { SCMP_SYS(read),
                               SCMP_SYS(pread64),
                               SCMP_SYS(write),
                               SCMP_SYS(writev),
                               SCMP_SYS(close),
                               SCMP_SYS(lseek),
                               SCMP_SYS(fstat),
                               SCMP_SYS(newfstatat),
                               SCMP_SYS(memfd_create),
                               SCMP_SYS(ftruncate),
                               SCMP_SYS(munmap),
                               SCMP_SYS(mremap),
                               SCMP_SYS(brk),
                               SCMP_SYS(madvise),
                               SCMP_SYS(futex),
                               SCMP_SYS(clock_gettime),
                               SCMP_SYS(gettimeofday),
                               SCMP_SYS(sysinfo),
                               SCMP_SYS(getrandom),
                               SCMP_SYS(sched_getaffinity),
                               SCMP_SYS(sched_yield),
                               SCMP_SYS(set_robust_list),
                               SCMP_SYS(rseq),
                               SCMP_SYS(rt_sigreturn),
                               SCMP_SYS(rt_sigprocmask),
                               SCMP_SYS(rt_sigaction),
                               SCMP_SYS(restart_syscall),
                               SCMP_SYS(gettid),
                               SCMP_SYS(getpid),
                               SCMP_SYS(exit),
                               SCMP_SYS(exit_group) };
/* Refused with EACCES: libraries try these and go on without. */
static const int refused[] = { SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),
                               SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(access),
                               SCMP_SYS(prlimit64), SCMP_SYS(ioctl),      SCMP_SYS(uname),
                               SCMP_SYS(unlink) };

/* What the forkserver needs beside all that: it makes workers, which are its parent's children, and
 * passes their sockets on. */
static const int forkserver_only[] = { SCMP_SYS(socketpair), SCMP_SYS(sendmsg) };
enum { WORKER_CLONE_FLAGS = CLONE_PARENT | SIGCHLD };

static bool allow_all(scmp_filter_ctx f, const int *calls, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) == 0;
    }
    return ok;
}

static bool add_worker(scmp_filter_ctx f)
{
    bool ok = allow_all(f, allowed, sizeof allowed / sizeof allowed[0]);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        /* some exist on one architecture only */
        (void)seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    }
    /* Memory without PROT_EXEC; threads, not processes; glibc falls back from clone3 to clone. */
    ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                           SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
          == 0;
    ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                           SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
          == 0;
    ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                           SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
          == 0;
    ok &= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    return ok;
}

static bool add_forkserver(scmp_filter_ctx f)
{
    return add_worker(f)
           && allow_all(f, forkserver_only, sizeof forkserver_only / sizeof forkserver_only[0])
           && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_EQ, WORKER_CLONE_FLAGS, 0))
                  == 0
           && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG, 0))
                  == 0
           && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0))
                  == 0;
}

/* All that the forkserver's list has more than a worker's. It is short, as the kernel runs it for
 * every number of a system call when a worker installs it. The stricter of two filters decides
 * (seccomp(2)). */
static bool add_drop_fork(scmp_filter_ctx f)
{
    bool ok = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(prctl), 0) == 0
              && seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0))
                     == 0;
    for (size_t i = 0; i < sizeof forkserver_only / sizeof forkserver_only[0]; i++) {
        ok &= seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, forkserver_only[i], 0) == 0;
    }
    return ok;
}

static bool (*const add_rules[NUM_SECCOMP_FILTERS])(scmp_filter_ctx f) = { add_worker,
                                                                           add_forkserver,
                                                                           add_drop_fork };

/* The compiled filters; made once, as libseccomp takes longer for one than a fork does. */
static struct filter {
    struct sock_filter *p;
    unsigned short n;
} filters[NUM_SECCOMP_FILTERS];

static bool read_filter(struct filter *to, int fd)
{
    off_t n = lseek(fd, 0, SEEK_END);
    if (n <= 0 || (uint64_t)n / sizeof *to->p > UINT16_MAX || (to->p = malloc((size_t)n)) == NULL) {
        return false;
    }
    to->n = (unsigned short)((size_t)n / sizeof *to->p);
    return pread_all(fd, 0, to->p, (size_t)n);
}

static bool add_all(scmp_filter_ctx f, enum seccomp_kind which)
{
    /* A binary tree: the kernel runs the filter for every number of a system call when a process
     * installs it (seccomp_cache_prepare). */
    bool as_tree = which != SECCOMP_DROP_FORK;
    if (as_tree && seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0) {
        return false;
    }
    return add_rules[which](f);
}

static bool compile(enum seccomp_kind which, int fd)
{
    bool is_deny_list = which == SECCOMP_DROP_FORK;
    scmp_filter_ctx f = seccomp_init(is_deny_list ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    if (f == NULL) {
        return false;
    }
    bool ok =
        add_all(f, which) && seccomp_export_bpf(f, fd) == 0 && read_filter(&filters[which], fd);
    seccomp_release(f);
    if (!ok) {
        free(filters[which].p); /* an incomplete filter */
        filters[which].p = NULL;
    }
    return ok;
}

bool seccomp_prepare(enum seccomp_kind which)
{
    if (filters[which].p != NULL) {
        return true;
    }
    int fd = memfd_create("modelassay-filter", MFD_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = compile(which, fd);
    close(fd);
    return ok;
}

bool seccomp_install(enum seccomp_kind which)
{
    struct sock_fprog p = { filters[which].n, filters[which].p };
    return p.filter != NULL && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) == 0;
}
