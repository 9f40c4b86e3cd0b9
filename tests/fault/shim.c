/* shim.c - makes system calls and allocations of a program fail, by LD_PRELOAD.
 *
 *   MA_FAULT=alloc:N   the N-th allocation of the program and its workers fails, and no other
 *            allocs:N  the N-th allocation and all later ones fail
 *            short     reads of files return 1 to 7 bytes at a time
 *            eio:N     the N-th read of a file fails with EIO
 *            end:N     from the N-th read on, reads return the end of the file
 *            flip:N    the N-th read of a file of more than 1 MiB returns a wrong byte
 *            write:N   before the N-th read by the parent, a byte of MA_FAULT_PATH is written
 *   MA_FAULT_MARK=FILE of 16 bytes: the number of calls counted, and of faults (u64 each)
 *
 * The counters are in a shared map: the workers continue the parent's counts. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

enum fault { NONE, ALLOC, ALLOCS, SHORT, EIO_AT, END_AT, WRITE_AT, FLIP_AT };
struct mark {
    atomic_ullong counted; /* calls that could fail */
    atomic_ullong struck; /* faults */
};

static enum fault fault;
static unsigned long long at;
static struct mark own, *mark = &own;
static const char *path;
static pid_t parent;
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);

/* Code of libraries whose allocations do not fail: libseccomp and OpenSSL do not survive that while
 * they are set up, nor Capstone while it decodes (in a worker, whose file is then incomplete). */
enum { MAX_SPARED = 8 };
static uintptr_t from[MAX_SPARED], to[MAX_SPARED];
static size_t num_spared;

static int find_spared(struct dl_phdr_info *info, size_t n, void *ctx)
{
    (void)n;
    (void)ctx;
    bool is_spared = strstr(info->dlpi_name, "/libcrypto.so") != NULL
                     || strstr(info->dlpi_name, "/libseccomp.so") != NULL
                     || strstr(info->dlpi_name, "/libcapstone.so") != NULL;
    for (int i = 0; is_spared && i < info->dlpi_phnum && num_spared < MAX_SPARED; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            from[num_spared] = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            to[num_spared] = from[num_spared] + info->dlpi_phdr[i].p_memsz;
            num_spared++;
        }
    }

    return 0;
}

static bool is_spared(const void *caller)
{
    for (size_t i = 0; i < num_spared; i++) {
        if ((uintptr_t)caller >= from[i] && (uintptr_t)caller < to[i]) {
            return true;
        }
    }
    return false;
}

static void read_fault(const char *text)
{
    static const char *const names[] = { "",     "alloc:", "allocs:", "short",
                                         "eio:", "end:",   "write:",  "flip:" };
    for (int i = 1; i <= FLIP_AT; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(text, names[i], n) == 0) {
            at = strtoull(text + n, NULL, 10);
            fault = (enum fault)i;
        }
    }
}

/* Maps the counters from a file; without one they are those of this process. */
static void map_mark(const char *file)
{
    int fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return;
    }

    void *map = mmap(NULL, sizeof *mark, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
        mark = map;
    }

    close(fd);
}

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("MA_FAULT");
    const char *file = getenv("MA_FAULT_MARK");
    *(void **)&real_read = dlsym(RTLD_NEXT, "read");
    *(void **)&real_pread = dlsym(RTLD_NEXT, "pread");
    if (file != NULL) {
        map_mark(file);
    }

    (void)dl_iterate_phdr(find_spared, NULL); /* always returns 0 */
    path = getenv("MA_FAULT_PATH");
    parent = getpid();
    if (text != NULL) {
        read_fault(text);
    }
}

static bool strikes(enum fault once, enum fault on)
{
    if (fault == NONE || (fault != once && fault != on)) {
        return false;
    }

    unsigned long long n = atomic_fetch_add(&mark->counted, 1) + 1;
    bool hit = n == at || (fault == on && n > at);
    if (hit) {
        atomic_fetch_add(&mark->struck, 1);
    }

    return hit;
}

void *malloc(size_t n)
{
    if (!is_spared(__builtin_return_address(0)) && strikes(ALLOC, ALLOCS)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (!is_spared(__builtin_return_address(0)) && strikes(ALLOC, ALLOCS)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (!is_spared(__builtin_return_address(0)) && strikes(ALLOC, ALLOCS)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(p, n);
}

static void write_byte(void)
{
    int fd = -1;
    if (path != NULL) {
        fd = open(path, O_WRONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        return;
    }
    if (pwrite(fd, "N", 1, 2) == 1) {
        atomic_fetch_add(&mark->struck, 1);
    }

    close(fd);
}

/* The most bytes that a read of n bytes at off returns: n or fewer, or -1 with errno.  Reads at the
 * end of a file are left alone. */
static ssize_t max_read(int fd, size_t n, off_t off)
{
    struct stat st;
    if (fault < SHORT || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || off >= st.st_size) {
        return (ssize_t)n;
    }
    if (fault == SHORT) {
        return (ssize_t)(n < 7 ? n : 1 + n % 7);
    }
    if (fault == WRITE_AT && getpid() == parent && atomic_fetch_add(&mark->counted, 1) + 1 == at) {
        write_byte();
    }
    if (strikes(EIO_AT, END_AT)) {
        errno = EIO;
        return fault == EIO_AT ? -1 : 0;
    }

    return (ssize_t)n;
}

ssize_t read(int fd, void *buf, size_t n)
{
    ssize_t most = max_read(fd, n, lseek(fd, 0, SEEK_CUR));
    if (most <= 0 && n > 0) {
        return most;
    }
    return real_read(fd, buf, (size_t)most);
}

static bool is_large_file(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 1048576;
}

static void flip_byte(int fd, uint8_t *buf, ssize_t n)
{
    if (fault == FLIP_AT && n > 0 && is_large_file(fd) && strikes(FLIP_AT, FLIP_AT + 1)) {
        buf[n / 2] ^= 1;
    }
}

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
    ssize_t got = max_read(fd, n, off);
    if (got > 0 || n == 0) {
        got = real_pread(fd, buf, (size_t)got, off);
    }
    flip_byte(fd, buf, got);
    return got;
}
