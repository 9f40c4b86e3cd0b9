/* seccomp_filter.c - seccomp filters, made by libseccomp. A list holds what is needed; whatever
 * is not in it ends the process. */
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
/* Refused politely: libraries try these and go on. */
static const int refused[] = { SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),
                               SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(access),
                               SCMP_SYS(prlimit64), SCMP_SYS(ioctl),      SCMP_SYS(uname),
                               SCMP_SYS(unlink) };

/* What a zygote does beside all that: it makes workers, which are its parent's children, and
 * hands over their sockets. */
static const int of_zygote[] = { SCMP_SYS(socketpair), SCMP_SYS(sendmsg) };
enum { WORKERS_ARE = CLONE_PARENT | SIGCHLD };

static bool allow(scmp_filter_ctx f, const int *seccomp_kind, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, seccomp_kind[i], 0) == 0;
    }
    return ok;
}

static bool add_worker(scmp_filter_ctx f)
{
    bool ok = allow(f, allowed, sizeof allowed / sizeof allowed[0]);
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

static bool add_zygote(scmp_filter_ctx f)
{
    return add_worker(f) && allow(f, of_zygote, sizeof of_zygote / sizeof of_zygote[0])
           && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_EQ, WORKERS_ARE))
                  == 0
           && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG))
                  == 0
           && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP))
                  == 0;
}

/* Small, as the kernel runs it for every number of a call when a worker takes it on: all that a
 * zygote's list has more than a worker's. The stricter of two filters decides (seccomp(2)). */
static bool add_spare(scmp_filter_ctx f)
{
    bool ok = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(prctl), 0) == 0
              && seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0))
                     == 0;
    for (size_t i = 0; i < sizeof of_zygote / sizeof of_zygote[0]; i++) {
        ok &= seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, of_zygote[i], 0) == 0;
    }
    return ok;
}

static bool (*const add[NUM_SECCOMP_FILTERS])(scmp_filter_ctx f) = { add_worker, add_zygote,
                                                                     add_spare };

/* As the kernel takes them; made once, as libseccomp takes longer for one than a fork. */
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

bool seccomp_prepare(enum seccomp_kind which)
{
    if (filters[which].p != NULL) {
        return true;
    }
    scmp_filter_ctx f =
        seccomp_init(which == SECCOMP_DROP_FORK ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    int fd = memfd_create("modelassay-filter", MFD_CLOEXEC);
    /* A binary tree: the kernel runs the filter for every number of a system call when a process
     * enters (seccomp_cache_prepare). */
    bool tree =
        f != NULL
        && (which == SECCOMP_DROP_FORK || seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0);
    bool ok = tree && fd >= 0 && add[which](f) && seccomp_export_bpf(f, fd) == 0
              && read_filter(&filters[which], fd);
    if (fd >= 0) {
        close(fd);
    }
    if (f != NULL) {
        seccomp_release(f);
    }
    if (!ok) {
        free(filters[which].p); /* a part of a filter is none */
        filters[which].p = NULL;
    }
    return ok;
}

bool seccomp_install(enum seccomp_kind which)
{
    struct sock_fprog p = { filters[which].n, filters[which].p };
    return p.filter != NULL && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) == 0;
}
