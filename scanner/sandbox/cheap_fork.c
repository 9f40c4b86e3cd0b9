/* cheap_fork.c - fork() copies the page table of memory that is a process's own, and exit takes it
 * down: page by page. Of files' pages it copies none. */
#include "cheap_fork.h"

#include "../util/io.h"

#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE 100000u /* bytes: below M_MMAP_THRESHOLD, so that it comes from the heap */

/* Free chunks are put in order here and not by each child, to which every page that is touched
 * for it costs a copy. */
static void tidy_heap(void)
{
    (void)malloc_trim(0); /* joins them */
    void *volatile large = malloc(LARGE); /* sorts them: mallopt(3) has no word for that */
    free(large);
}

/* The same bytes at the same place, but of a file: nobody has it open, so nobody writes to it. */
static bool make_file(uintptr_t from, size_t n)
{
    int fd = memfd_create("modelassay-relocated", MFD_CLOEXEC);
    bool ok = fd >= 0 && io_write_all(fd, (const void *)from, n)
              && mmap((void *)from, n, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == (void *)from;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* What a library's relocations wrote, and its loader made read-only since (PT_GNU_RELRO;
 * Capstone's tables: 1.3 MiB). The loader rounds both ends down, too. */
static int share(struct dl_phdr_info *lib, size_t bytes, void *page)
{
    uintptr_t mask = ~(*(const uintptr_t *)page - 1);
    bool ok = true;
    (void)bytes;
    for (size_t i = 0; ok && i < lib->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &lib->dlpi_phdr[i];
        uintptr_t at = lib->dlpi_addr + h->p_vaddr, from = at & mask, to = (at + h->p_memsz) & mask;
        ok = h->p_type != PT_GNU_RELRO || from >= to || make_file(from, to - from);
    }
    return ok ? 0 : 1;
}

bool make_fork_cheap(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    tidy_heap();
    return dl_iterate_phdr(share, &page) == 0;
}
