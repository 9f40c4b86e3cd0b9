/* directories.h - every way in which an archive can be read, side by side.
 *
 * Loaders disagree about which end record counts, whether offsets are meant
 * from the start of the file or of the archive, and whether local headers are
 * looked at.  So all of it is collected: one zip_dir a central directory that
 * some loader could use, one zip_entry a header, central or local. */
#ifndef MA_ZIP_DIRECTORIES_H
#define MA_ZIP_DIRECTORIES_H
#include "../base/parser.h"
#include "../base/stream.h"
#include "records.h"

#define ZIP_NOWHERE UINT64_MAX

/* One header's account of one member. */
struct zip_entry {
    struct zip_fixed is;
    uint64_t at; /* of this header */
    uint64_t header_at; /* of its local header; ZIP_NOWHERE when there is none */
    uint64_t data_at; /* of its packed bytes; ZIP_NOWHERE when there are none */
    uint64_t name_at; /* in names */
    uint32_t bytes; /* of this header, name and extra included */
    uint32_t dir; /* central: index of its directory */
    uint32_t local; /* central: index of its local header, when data_at is set */
    bool claimed; /* local: a central header names it */
    bool repeated; /* local: and says all the same */
    bool in_walk; /* local: the walk from byte 0 came by */
    bool nested; /* local: only an archive in a stored member names it */
};
/* One directory as one end record and one rule about offsets give it. */
struct zip_dir {
    uint64_t end_at, end_stop; /* the end record, comment included */
    uint64_t first_end; /* the zip64 end record where there is one */
    struct zip_end says;
    uint64_t dir_at, dir_stop; /* as walked */
    uint64_t shift; /* added to every offset, modulo 2^64 */
    uint64_t low; /* first byte that belongs to this archive */
    uint32_t first, num; /* its entries in central */
    uint64_t narrow_entries; /* what the 16-bit count says */
    uint64_t reach; /* overlap check: where its members end so far */
    bool wide; /* from the zip64 end record */
    bool nested; /* all of it lies in the data of one member */
    bool stored; /* and that member is stored: its own scan will see this */
};
struct zip_span {
    uint64_t off, stop;
};

struct zip {
    struct object *o;
    struct stream *st; /* directories, end records, gaps */
    uint8_t *cap; /* ZIP_ROOM bytes: name and extra of a local header */
    struct zip_entry *central, *local;
    struct zip_dir *dirs;
    struct zip_span *spans; /* what belongs to a record or to a member */
    uint8_t *names;
    size_t num_central, cap_central, num_local, cap_local, num_dirs, cap_dirs;
    size_t num_spans, cap_spans, num_names, cap_names;
    size_t by_header_n; /* by_header covers central[0 .. n) */
    struct zip_place *by_header;
    size_t cap_by_header;
    bool unsupported, malformed, torch;
    struct bytes script_root; /* of a TorchScript archive, with its slash; n 0: there is none */
};
struct zip_place {
    uint64_t header_at;
    uint32_t index;
};
/* For sorting entries: major, minor are what is sorted by, index breaks ties. */
struct zip_key {
    struct bytes name;
    uint64_t major, minor, index;
};

#define ZIP_CAP 131072u /* bytes: two 16-bit lengths */

/* directories.c */
MUST_CHECK bool zip_init(struct zip *z, struct object *o);
void zip_done(struct zip *z);
struct bytes zip_name(const struct zip *z, const struct zip_entry *e);
/* False only when the budget, the sink or a read said stop. */
MUST_CHECK bool zip_find_ends(struct zip *z);
MUST_CHECK bool zip_take_end(struct zip *z, uint64_t at);
MUST_CHECK bool zip_span_add(struct zip *z, uint64_t off, uint64_t stop);
MUST_CHECK bool zip_copy_name(struct zip *z, struct bytes name, uint64_t *at);
int zip_key_cmp(const void *a, const void *b);

/* walk.c: the local headers */
MUST_CHECK bool zip_walk(struct zip *z);
/* The local header at `at`; *found false when there is none. */
MUST_CHECK bool zip_local_at(struct zip *z, uint64_t at, struct zip_entry *out, bool *found);
/* Length of the data descriptor at `at` that agrees with e, or of any with a
 * signature (then *agrees is false), or 0. */
MUST_CHECK bool zip_descriptor_at(struct zip *z, uint64_t at, const struct zip_fixed *e,
                                  uint64_t *len, bool *agrees);

/* search.c */
/* The next record from `pos` on, or the size.  With f: data of unknown length
 * begins at pos; a descriptor that closes it ends the search and fills f. */
MUST_CHECK bool zip_next_record(struct zip *z, uint64_t pos, struct zip_fixed *f, uint64_t *out);

/* compare.c: what the readings disagree about */
void zip_mark_nested(struct zip *z);
MUST_CHECK bool zip_compare(struct zip *z);
/* byte_coverage.c: whose every byte is */
MUST_CHECK bool zip_account(struct zip *z);
/* crosscheck.c: what libzip makes of it */
MUST_CHECK bool zip_crosscheck(struct zip *z);
/* note.c */
struct zip_note {
    const char *slug, *loader;
    struct range at;
    struct num declared, actual;
};
MUST_CHECK bool zip_note(struct zip *z, struct zip_note n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
MUST_CHECK bool zip_note_name(struct zip *z, struct zip_note n, struct bytes name,
                              const char *what);
#endif
