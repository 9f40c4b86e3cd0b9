/* landlock.c - Landlock by raw system calls: Debian's header is older than kernels. */
#include "landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#    define SYS_landlock_create_ruleset 444
#    define SYS_landlock_restrict_self 446
#endif
#define LANDLOCK_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION: returns the ABI */

/* struct landlock_ruleset_attr of the newest ABI that is known here. */
struct ruleset_attr {
    uint64_t fs;
    uint64_t net; /* from ABI 4 on */
    uint64_t scoped; /* from ABI 6 on */
};

static long landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION);
}

bool landlock_is_available(void) { return landlock_abi() >= 1; }

static struct ruleset_attr all_rights(long abi)
{
    /* by ABI: landlock(7) */
    static const uint64_t fs_rights[] = { 0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF };
    struct ruleset_attr attr = { .fs = fs_rights[abi < 5 ? abi : 5] };
    attr.net = abi >= 4 ? 3 : 0; /* bind and connect over TCP */
    attr.scoped = abi >= 6 ? 3 : 0; /* abstract sockets, signals */
    return attr;
}

static size_t attr_bytes(long abi)
{
    if (abi >= 6) {
        return 24;
    }
    return abi >= 4 ? 16 : 8;
}

bool landlock_deny_all(void)
{
    long abi = landlock_abi();
    if (abi < 1) {
        return true;
    }
    struct ruleset_attr attr = all_rights(abi);
    long fd = syscall(SYS_landlock_create_ruleset, &attr, attr_bytes(abi), 0u);
    if (fd < 0) {
        return false;
    }
    bool ok = syscall(SYS_landlock_restrict_self, (int)fd, 0u) == 0;
    close((int)fd);
    return ok;
}
