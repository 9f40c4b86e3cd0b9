/* faulty.c - a compromised parser and worker, linked into a test program only.  A file with the
 * text "MA-FAULT:mode" selects what the parser does, or what the worker replies. The scanner is
 * unchanged: this file's table of parsers replaces that of registry.c, and the linker wraps
 * report_encode() and ring_attach(). */
#include "../../parsers/base/parser.h"
#include "../../scanner/sandbox/shared_ring.h"
#include "../../scanner/report/codec.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MARK = sizeof "MA-FAULT:" - 1,
    WORKER_FILE = 3,
    WORKER_SOCKET,
    WORKER_RING,
    BROKEN_OUT = 99
};
static char lie[32]; /* the mode, for the worker's reply */

uint8_t *__real_report_encode(const struct file_report *f, const struct ruleset *rules,
                              uint64_t job, size_t *n);
uint8_t *__wrap_report_encode(const struct file_report *f, const struct ruleset *rules,
                              uint64_t job, size_t *n);

static int bid(const struct glimpse *g)
{
    return bytes_start(g->head, BYTES("MA-FAULT:")) ? 100 : 0;
}

static volatile int sum;
static int recurse(int n);
static int (*volatile again)(int) =
    recurse; /* volatile, so that the compiler keeps the recursion */
static int *volatile nowhere;

static int recurse(int n)
{
    volatile char big[4096];
    big[n % 4096] = (char)n;
    return again(n + 1) + big[n % 4096];
}

/* Allocates until the limit of address space, and frees nothing. */
static enum parse_end use_all_memory(struct object *o)
{
    const size_t block = 1 << 26;
    for (;;) {
        void *p = malloc(block);
        if (p == NULL) {
            o->budget->out_of_memory = true;
            return PARSE_STOPPED;
        }
        *(volatile char *)p = 1;
    }
}

/* Exits with a code of its own if the sandbox allowed what it has to refuse. */
static void must_fail(bool succeeded)
{
    if (succeeded) {
        _exit(BROKEN_OUT);
    }
}

/* --- the ring with the blocks of a large file ---------------------------------------------- */

bool __real_ring_attach(struct ring_consumer *t, int fd, int sock);
bool __wrap_ring_attach(struct ring_consumer *t, int fd, int sock);
static uint8_t *shared_ring; /* this worker's map of it */

/* The memory that the parent hashes cannot be mapped for writing, neither now nor later.  Without
 * seals of the kernel, writable memory is a copy. */
bool __wrap_ring_attach(struct ring_consumer *t, int fd, int sock)
{
    size_t all = (size_t)(SHARED_RING_HEADROOM + SHARED_RING_BLOCK) * SHARED_RING_BLOCKS;
    void *shared = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if ((fcntl(fd, F_GET_SEALS) & F_SEAL_SEAL) == 0) {
        shared_ring = shared;
        return __real_ring_attach(t, fd, sock);
    }

    must_fail(shared != MAP_FAILED);
    shared = mmap(NULL, SHARED_RING_HEADROOM, PROT_READ, MAP_SHARED, fd, 0);
    must_fail(shared == MAP_FAILED
              || mprotect(shared, SHARED_RING_HEADROOM, PROT_READ | PROT_WRITE) == 0);
    must_fail(write(fd, "x", 1) == 1 || ftruncate(fd, 0) == 0);
    bool ok = __real_ring_attach(t, fd, sock);
    shared_ring = t->memory;
    return ok;
}

static void attack_ring(const char *mode)
{
    uint8_t much[200];
    memset(much, 255, sizeof much);
    if (strcmp(mode, "credits") == 0) { /* claims to have consumed 51,000 blocks */
        must_fail(write(WORKER_RING, much, sizeof much) < 0);
    } else if (strcmp(mode, "deaf") == 0) {
        close(WORKER_RING);
    } else if (strcmp(mode, "scribble") == 0) { /* overwrites the blocks that the parent hashes */
        for (int i = 0; shared_ring != NULL && i < 300; i++) {
            memset(shared_ring, i,
                   (size_t)(SHARED_RING_HEADROOM + SHARED_RING_BLOCK) * SHARED_RING_BLOCKS);
        }
        _exit(0);
    }
}

/* System calls that the forkserver may use and its workers may not. */
static void use_forkserver_calls(const char *mode)
{
    int pair[2];
    if (strcmp(mode, "sibling") == 0) {
        must_fail(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) >= 0);
    } else if (strcmp(mode, "pair") == 0) {
        must_fail(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    } else if (strcmp(mode, "sendmsg") == 0) {
        struct msghdr m = { 0 };
        must_fail(sendmsg(WORKER_SOCKET, &m, 0) >= 0);
    } else if (strcmp(mode, "orphan") == 0) { /* a worker that outlives its parent */
        must_fail(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) == 0);
    }
}

static void leave_sandbox(const char *mode)
{
    char *none[] = { NULL };
    char byte = 'x';
    if (strcmp(mode, "open") == 0) {
        must_fail(open("/etc/passwd", O_RDONLY) >= 0);
    } else if (strcmp(mode, "create") == 0) {
        must_fail(open("/tmp/modelassay-was-here", O_WRONLY | O_CREAT, 0600) >= 0);
    } else if (strcmp(mode, "modify") == 0) {
        must_fail(pwrite(WORKER_FILE, &byte, 1, 0) == 1);
    } else if (strcmp(mode, "socket") == 0) {
        must_fail(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    } else if (strcmp(mode, "execve") == 0) {
        execve("/bin/true", none, none);
    } else if (strcmp(mode, "fork") == 0) {
        must_fail(fork() >= 0);
    } else if (strcmp(mode, "kill") == 0) {
        must_fail(kill(getppid(), SIGTERM) == 0);
    } else if (strcmp(mode, "ptrace") == 0) {
        must_fail(syscall(SYS_ptrace, 16, getppid(), 0, 0) == 0);
    } else {
        use_forkserver_calls(mode);
    }
}

/* The start of the heap of this process and its parent. */
static char *heap;
__attribute__((constructor)) static void note_heap(void) { heap = sbrk(0); }

enum { PIECE = 10 /* characters of base64; 60 bits do not match by chance */ };

/* Inherited memory holds a piece of a text.  The text is given backwards, since the bytes of this
 * file are in memory, too. */
static bool inherits(const char *backwards)
{
    for (size_t at = 0; at + PIECE <= strlen(backwards); at++) {
        for (const char *p = heap; p + PIECE <= (const char *)sbrk(0); p++) {
            size_t i = 0;
            while (i < PIECE && p[i] == backwards[at + PIECE - 1 - i]) {
                i++;
            }
            if (i == PIECE) {
                return true;
            }
        }
    }

    return false;
}

static enum parse_end parse(struct object *o)
{
    char mode[256] = "";
    size_t got = 0;
    if (!source_read_some(o->src, MARK, mode, sizeof mode - 1, &got)
        || !emit_format(o->sink, "faulty")) {
        return PARSE_STOPPED;
    }

    mode[strcspn(mode, "\n")] = 0;
    if (strcmp(mode, "segv") == 0) {
        *nowhere = 1;
    } else if (strcmp(mode, "abort") == 0) {
        abort();
    } else if (strcmp(mode, "loop") == 0) {
        for (;;) {
            sum++;
        }
    } else if (strcmp(mode, "stack") == 0) {
        sum = recurse(1);
    } else if (strcmp(mode, "memory") == 0) {
        return use_all_memory(o);
    }

    if (strncmp(mode, "key=", 4) == 0) {
        must_fail(inherits(mode + 4));
        return PARSE_WHOLE;
    }

    leave_sandbox(mode);
    attack_ring(mode);
    memcpy(lie, mode, sizeof lie - 1);
    return PARSE_WHOLE;
}

static const struct parser faulty_parser = { "faulty", bid, parse, "test files", "nothing" };

#define PARSER(name) extern const struct parser name##_parser;
#include "../../parsers/parsers.def"
#undef PARSER
const struct parser *const parsers[] = {
#define PARSER(name) &name##_parser,
#include "../../parsers/parsers.def"
#undef PARSER
    &faulty_parser, NULL
};

/* --- the reply --------------------------------------------------------------------- */

static uint8_t *extend_reply(uint8_t *p, size_t *n, size_t by)
{
    uint8_t *grown = realloc(p, *n + by);
    if (grown != NULL) {
        memset(grown + *n, 0xAB, by);
        *n += by;
    }
    return grown;
}

/* Closes the socket, as an exit does, and does not exit. */
static void close_and_stay(void)
{
    static int never;
    close(WORKER_SOCKET);
    for (;;) {
        (void)syscall(SYS_futex, &never, FUTEX_WAIT, 0, NULL, NULL, 0);
    }
}

static void flood(const uint8_t *p, size_t n)
{
    while (write(WORKER_SOCKET, p, n) > 0) {
    }
}

static uint8_t *send_twice(uint8_t *p, size_t *n)
{
    flood(p, 0);
    uint8_t *both = extend_reply(p, n, *n);
    if (both != NULL) {
        memcpy(both + *n / 2, both, *n / 2);
    }
    return both;
}

/* Changes the reply that is sent. */
static uint8_t *falsify(uint8_t *p, size_t *n)
{
    if (strcmp(lie, "silence") == 0) {
        *n = 0;
    } else if (strcmp(lie, "cut") == 0) {
        *n = *n / 2;
    } else if (strcmp(lie, "digest") == 0) {
        p = extend_reply(p, n, 32);
    } else if (strcmp(lie, "length") == 0) {
        memset(p + 12, 0xF0, 4); /* of the first text */
    } else if (strcmp(lie, "rows") == 0) {
        /* the number of gaps: an empty reply ends in four counts */
        memset(p + *n - 16, 0xF0, 4);
    } else if (strcmp(lie, "twice") == 0) {
        p = send_twice(p, n);
    }

    return p;
}

/* Sends a reply, or a part of it, and does not exit. */
static void misbehave(const uint8_t *p, size_t n)
{
    static uint8_t big[1 << 20];
    if (strcmp(lie, "flood") == 0) {
        flood(big, sizeof big);
    } else if (strcmp(lie, "hang") == 0) {
        (void)!write(WORKER_SOCKET, p, n / 2); /* the parent waits for the rest */
        for (;;) {
            sum++;
        }
    } else if (strcmp(lie, "leave") == 0) {
        close_and_stay();
    } else if (strcmp(lie, "stay") == 0) {
        (void)!write(WORKER_SOCKET, p, n); /* the whole reply */
        close_and_stay();
    }
}

uint8_t *__wrap_report_encode(const struct file_report *f, const struct ruleset *rules,
                              uint64_t job, size_t *n)
{
    uint64_t sent_job = strcmp(lie, "other-job") == 0 ? job + 1 : job;
    uint8_t *p = __real_report_encode(f, rules, sent_job, n);
    if (p == NULL || lie[0] == 0) {
        return p;
    }
    misbehave(p, *n);
    return falsify(p, n);
}
