/* directories.h - all interpretations of an archive: its directories and headers.
 *
 * Loaders disagree about which end record counts, whether offsets count from the start of the file
 * or of the archive, and whether local headers are read.  All of it is collected: one zip_dir for
 * each central directory that some loader could use, one zip_entry for each header, central or
 * local.  An interpretation is one such choice. */
#ifndef MA_ZIP_DIRECTORIES_H
#define MA_ZIP_DIRECTORIES_H
#include "../base/parser.h"
#include "../base/stream.h"
#include "records.h"

#define ZIP_NOWHERE UINT64_MAX /* an offset that does not exist */

/* One header and the member that it describes. */
struct zip_entry {
    struct zip_fixed fixed;
    uint64_t at; /* offset of this header */
    uint64_t header_at; /* offset of the local header, or ZIP_NOWHERE */
    uint64_t data_at; /* offset of the packed bytes, or ZIP_NOWHERE */
    uint64_t name_at; /* index of the name in zip.names */
    uint32_t bytes; /* length of this header with name and extra field */
    uint32_t dir; /* central: index of its directory */
    uint32_t local; /* central, with data_at: index of its local header */
    bool claimed; /* local: a central header leads to it */
    bool repeated; /* local: that central header says the same */
    bool in_walk; /* local: the walk from byte 0 met it */
    bool nested; /* local: only an archive in a stored member leads to it */
};

/* zip_codec_of() sets *out to the codec of a compression method.  Returns false for a method that
 * is not known. */
MUST_CHECK bool zip_codec_of(uint16_t method, enum codec *out);

/* One directory: an end record, and one rule about offsets. */
struct zip_dir {
    uint64_t end_at; /* offset of the end record */
    uint64_t end_stop; /* offset behind the end record and its comment */
    uint64_t first_end; /* offset of the zip64 end record if there is one, else end_at */
    struct zip_end end; /* the end record that counts */
    uint64_t dir_at; /* offset of the first central header */
    uint64_t dir_stop; /* offset behind the last central header that was read */
    uint64_t shift; /* added to every offset, modulo 2^64 */
    uint64_t start; /* first byte that belongs to this archive */
    uint32_t first; /* index of its first entry in zip.central */
    uint32_t num; /* number of its entries */
    uint64_t entries16; /* number of entries in the 16-bit field of the end record */
    uint64_t members_end; /* of the overlap check: the end of the members so far */
    bool zip64; /* `end` is the zip64 end record */
    bool nested; /* the whole archive is in the data of one member */
    bool stored; /* nested in a stored member, whose own scan reads it */
};

/* Bytes that belong to a record or to a member. */
struct zip_span {
    uint64_t off;
    uint64_t stop; /* offset behind the last byte */
};

/* An index of the central headers by local header. */
struct zip_place {
    uint64_t header_at;
    uint32_t index; /* in zip.central */
};

/* A key by which entries are sorted: major, minor, name, index. */
struct zip_key {
    struct bytes name;
    uint64_t major;
    uint64_t minor;
    uint64_t index;
};

#define ZIP_BUF_BYTES 131072u /* two lengths of 16 bits */

struct zip {
    struct object *o;
    struct stream *in; /* reads directories, end records and gaps */
    uint8_t *buf; /* ZIP_BUF_BYTES for the name and extra field of a local header */

    struct zip_entry *central;
    size_t num_central;
    size_t cap_central;
    struct zip_entry *local;
    size_t num_local;
    size_t cap_local;
    struct zip_dir *dirs;
    size_t num_dirs;
    size_t cap_dirs;
    struct zip_span *spans;
    size_t num_spans;
    size_t cap_spans;
    uint8_t *names; /* the names of all entries */
    size_t num_names; /* bytes of them */
    size_t cap_names;
    struct zip_place *by_header; /* of central[0 .. by_header_n), by header_at */
    size_t by_header_n;
    size_t cap_by_header;

    bool unsupported;
    bool malformed;
    bool torch; /* a PyTorch checkpoint or a TorchScript archive */
    struct bytes script_root; /* folder of a TorchScript archive, with its slash; n 0: none */
};

/* Functions that return bool return false if the budget, the sink or a read ended the parse. */

/* --- directories.c --------------------------------------------------------------------------- */

/* zip_init() prepares *z for zip_done(), also if it returns false. */
MUST_CHECK bool zip_init(struct zip *z, struct object *o);
void zip_done(struct zip *z);

/* zip_name() returns the name of an entry; valid until another name is added. */
struct bytes zip_name(const struct zip *z, const struct zip_entry *e);

/* zip_find_ends() adds the directories of all end records near the end of the file, and
 * zip_add_end() those of the end record at an offset, if there is one. */
MUST_CHECK bool zip_find_ends(struct zip *z);
MUST_CHECK bool zip_add_end(struct zip *z, uint64_t at);

/* zip_span_add() marks bytes as part of a record or member. */
MUST_CHECK bool zip_span_add(struct zip *z, uint64_t off, uint64_t stop);

/* zip_copy_name() appends a name to zip.names; *at is its index there. */
MUST_CHECK bool zip_copy_name(struct zip *z, struct bytes name, uint64_t *at);

/* zip_key_cmp() compares two keys, for qsort(). */
int zip_key_cmp(const void *a, const void *b);

/* --- walk.c: the local headers ---------------------------------------------------------------- */

/* zip_walk() finds the local headers from byte 0 on, and those that central headers lead to. */
MUST_CHECK bool zip_walk(struct zip *z);

/* zip_local_at() reads the local header at an offset; *found is false if there is none. */
MUST_CHECK bool zip_local_at(struct zip *z, uint64_t at, struct zip_entry *out, bool *found);

/* zip_descriptor_at() sets *len to the length of the data descriptor at an offset.  *agrees: it has
 * the sizes and the CRC of e.  Else *len is that of any descriptor with a signature, or 0. */
MUST_CHECK bool zip_descriptor_at(struct zip *z, uint64_t at, const struct zip_fixed *e,
                                  uint64_t *len, bool *agrees);

/* --- search.c
 * ---------------------------------------------------------------------------------- */

/* zip_next_record() sets *out to the offset of the next record from pos on, or to the size of the
 * file.  With f, data of unknown length begins at pos: the descriptor that closes it is a record,
 * too, and fills *f. */
MUST_CHECK bool zip_next_record(struct zip *z, uint64_t pos, struct zip_fixed *f, uint64_t *out);

/* --- compare.c, byte_coverage.c, crosscheck.c
 * -------------------------------------------------- */

/* zip_mark_nested() marks archives within members, and local headers that add no interpretation. */
void zip_mark_nested(struct zip *z);

/* zip_compare() reports in what the interpretations of the archive differ. */
MUST_CHECK bool zip_compare(struct zip *z);

/* zip_check_coverage() reports odd end records, and bytes that belong to no record or member. */
MUST_CHECK bool zip_check_coverage(struct zip *z);

/* What the members make of the archive; of several, the last counts. */
enum zip_layout { ZIP_PLAIN, ZIP_SKOPS, ZIP_TORCHSERVE, ZIP_TORCH_PACKAGE };

/* layouts.c: zip_layout_of() tells archives of one loader from plain ones by their members;
 * zip_check_layout() reports the code in them, and what is not judged. */
enum zip_layout zip_layout_of(const struct zip *z);
MUST_CHECK bool zip_check_layout(struct zip *z);

/* links.c: zip_check_links() reports symbolic links and where they lead. */
MUST_CHECK bool zip_check_links(struct zip *z);

/* zip_crosscheck() reports in what libzip's interpretation differs. */
MUST_CHECK bool zip_crosscheck(struct zip *z);

/* --- note.c
 * ------------------------------------------------------------------------------------ */

struct zip_note {
    const char *slug;
    const char *loader; /* what loaders do: "accepts", "rejects" or "differs" */
    struct range at;
    struct num declared;
    struct num actual;
};

/* zip_note() emits an anomaly with a formatted text. */
MUST_CHECK bool zip_note(struct zip *z, struct zip_note n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* zip_note_name() emits an anomaly whose text begins with the quoted name of a member. */
MUST_CHECK bool zip_note_name(struct zip *z, struct zip_note n, struct bytes name,
                              const char *what);

#endif
