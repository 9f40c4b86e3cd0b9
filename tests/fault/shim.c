/* shim.c - what a machine may do to a program, by LD_PRELOAD.
 *
 *   MA_FAULT=alloc:N   the N-th allocation of the program and its workers fails, that one only
 *            allocs:N  it and all that come after it
 *            short     reads of files give 1 to 7 bytes at a time
 *            eio:N     the N-th read of a file fails with EIO
 *            end:N     from the N-th read on, files end where they are read
 *            flip:N    the N-th read of a file of more than 1 MiB gives a byte that is not there
 *            write:N   before the N-th read by the parent, a byte of MA_FAULT_PATH is written
 *   MA_FAULT_MARK=FILE of 16 bytes: how often was counted, and how often a fault struck (u64 each)
 *
 * The counters lie in a shared map: what the parent has counted its workers go on with. */
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
    atomic_ullong counted, struck;
};

static enum fault fault;
static unsigned long long at;
static struct mark own, *mark = &own;
static const char *path;
static pid_t parent;
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);

/* libseccomp and OpenSSL do not survive a failed allocation while they are set up, Capstone
 * while it decodes (in a worker, which is then incomplete): theirs are left out. */
static uintptr_t from[8], to[8];
static size_t num_theirs;

static int find_theirs(struct dl_phdr_info *info, size_t n, void *ctx)
{
    (void)n;
    (void)ctx;
    bool is = strstr(info->dlpi_name, "/libcrypto.so") != NULL
              || strstr(info->dlpi_name, "/libseccomp.so") != NULL
              || strstr(info->dlpi_name, "/libcapstone.so") != NULL;
    for (int i = 0; is && i < info->dlpi_phnum && num_theirs < 8; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            from[num_theirs] = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            to[num_theirs] = from[num_theirs] + info->dlpi_phdr[i].p_memsz;
            num_theirs++;
        }
    }
    return 0;
}

static bool theirs(const void *caller)
{
    for (size_t i = 0; i < num_theirs; i++) {
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

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("MA_FAULT"), *file = getenv("MA_FAULT_MARK");
    *(void **)&real_read = dlsym(RTLD_NEXT, "read");
    *(void **)&real_pread = dlsym(RTLD_NEXT, "pread");
    int fd = file != NULL ? open(file, O_RDWR | O_CLOEXEC) : -1;
    void *map =
        fd >= 0 ? mmap(NULL, sizeof *mark, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0) {
        close(fd);
    }
    if (map != MAP_FAILED) {
        mark = map;
    }
    (void)dl_iterate_phdr(find_theirs, NULL); /* always 0 */
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
    if (!theirs(__builtin_return_address(0)) && strikes(ALLOC, ALLOCS)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (!theirs(__builtin_return_address(0)) && strikes(ALLOC, ALLOCS)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (!theirs(__builtin_return_address(0)) && strikes(ALLOC, ALLOCS)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(p, n);
}

static void write_a_byte(void)
{
    int fd = path != NULL ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && pwrite(fd, "N", 1, 2) == 1) {
        atomic_fetch_add(&mark->struck, 1);
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* What becomes of a read of n bytes at off: n or fewer, 0, or -1 with errno. Where the file ends
 * anyway, nothing. */
static ssize_t allowed(int fd, size_t n, off_t off)
{
    struct stat st;
    if (fault < SHORT || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || off >= st.st_size) {
        return (ssize_t)n;
    }
    if (fault == SHORT) {
        return (ssize_t)(n < 7 ? n : 1 + n % 7);
    }
    if (fault == WRITE_AT && getpid() == parent && atomic_fetch_add(&mark->counted, 1) + 1 == at) {
        write_a_byte();
    }
    if (strikes(EIO_AT, END_AT)) {
        errno = EIO;
        return fault == EIO_AT ? -1 : 0;
    }
    return (ssize_t)n;
}

ssize_t read(int fd, void *buf, size_t n)
{
    ssize_t most = allowed(fd, n, lseek(fd, 0, SEEK_CUR));
    return most <= 0 && n > 0 ? most : real_read(fd, buf, (size_t)most);
}

static void flip(int fd, uint8_t *buf, ssize_t n)
{
    struct stat st;
    if (fault == FLIP_AT && n > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && st.st_size > 1048576 && strikes(FLIP_AT, FLIP_AT + 1)) {
        buf[n / 2] ^= 1;
    }
}

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
    ssize_t most = allowed(fd, n, off);
    ssize_t got = most <= 0 && n > 0 ? most : real_pread(fd, buf, (size_t)most, off);
    flip(fd, buf, got);
    return got;
}
