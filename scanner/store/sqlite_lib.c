#include "sqlite_lib.h"

#include <dlfcn.h>
#include <string.h>

struct sqlite_lib sqlite_lib;

/* The pointers are copied as bytes: C11 has no conversion from dlsym's result to a function
 * pointer, POSIX guarantees the representation. */
bool sqlite_load(enum store_error *why)
{
    static bool loaded;
    void *so = loaded ? NULL : dlopen(STORE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!loaded && so == NULL) {
        *why = STORE_NOT_INSTALLED;
        return false;
    }

    bool ok = true;
#define FUNCTION(name)                                                                             \
    if (!loaded) {                                                                                 \
        void *p = dlsym(so, #name);                                                                \
        memcpy(&sqlite_lib.name, &p, sizeof p);                                                    \
        ok = ok && p != NULL;                                                                      \
    }
#include "sqlite.def"
#undef FUNCTION
    *why = ok ? STORE_OK : STORE_TOO_OLD;
    loaded = ok;
    return ok;
}

enum store_error sqlite_error(sqlite3 *db)
{
    switch (sqlite_lib.sqlite3_extended_errcode(db) & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return STORE_LOCKED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return STORE_CORRUPTED;
    case SQLITE_FULL: return STORE_DISK_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM: return STORE_CANNOT_WRITE;
    case SQLITE_CANTOPEN: return STORE_CANNOT_OPEN;
    case SQLITE_NOMEM: return STORE_OUT_OF_MEMORY;
    default: return STORE_CANNOT_ACCESS;
    }
}
