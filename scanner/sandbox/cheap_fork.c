/* cheap_fork.c - fork() copies the page table of a process's private memory, and exit frees it,
 * page by page. Pages of a file have no such cost. */
#include "cheap_fork.h"

#include "../util/io.h"

#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE 100000u /* bytes: below M_MMAP_THRESHOLD, so that it comes from the heap */

/* Orders the free chunks of the heap here, so that no child has to: each page that it touches for
 * that costs it a copy. */
static void tidy_heap(void)
{
    (void)malloc_trim(0); /* joins free chunks */
    void *volatile large = malloc(LARGE); /* sorts free chunks; mallopt(3) has no option for that */
    free(large);
}

/* Replaces memory by the same bytes of a file. No process has that file open, so none writes to
 * it. */
static bool back_by_file(uintptr_t from, size_t n)
{
    int fd = memfd_create("modelassay-relocated", MFD_CLOEXEC);
    bool ok = fd >= 0 && io_write_all(fd, (const void *)from, n)
              && mmap((void *)from, n, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == (void *)from;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Memory of a library that relocations wrote and the loader made read-only (PT_GNU_RELRO; of
 * Capstone 1.3 MiB). The loader rounds both ends down, too. */
static int back_relro(struct dl_phdr_info *lib, size_t bytes, void *page)
{
    uintptr_t mask = ~(*(const uintptr_t *)page - 1);
    bool ok = true;
    (void)bytes;
    for (size_t i = 0; ok && i < lib->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &lib->dlpi_phdr[i];
        uintptr_t at = lib->dlpi_addr + h->p_vaddr, from = at & mask, to = (at + h->p_memsz) & mask;
        ok = h->p_type != PT_GNU_RELRO || from >= to || back_by_file(from, to - from);
    }
    return ok ? 0 : 1;
}

bool make_fork_cheap(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    tidy_heap();
    return dl_iterate_phdr(back_relro, &page) == 0;
}
