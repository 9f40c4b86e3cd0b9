/* bytecode.c - WebAssembly modules and Android's dex.
 *
 *   wasm: "\0asm" 1 [section id][size, LEB128][bytes] ...        WebAssembly core 5.5
 *   dex:  "dex\n035\0" [adler32][sha1][file size][header size 0x70][endian tag] ...  */
#include "executable.h"

#include <stdio.h>

enum {
    WASM_HEADER = 8, /* bytes of magic number and version */
    MAX_SECTIONS = 1000, /* sections that are read */
    MAX_SECTION_HEADER = 12, /* bytes of an id and a size */
    SECTION_CUSTOM = 0,
    SECTION_IMPORT = 2,
    LAST_SECTION = 13, /* highest id */
    LOOK_IMPORTS = 1024, /* bytes of the import section that are read */
    DEX_HEADER = 0x70 /* bytes; header_size has at least this value */
};

static const uint32_t dex_endian = 0x12345678;
static const uint32_t dex_reverse_endian = 0x78563412;

/* Appends a name with its length before it; bytes that are not plain ASCII become '?'. */
static bool append_name(struct cursor *c, char *out, size_t cap, size_t *used)
{
    uint64_t n;
    struct bytes name;
    if (!cur_varint(c, &n) || !cur_take(c, n, &name)) {
        return false;
    }

    for (size_t i = 0; i < name.n && *used + 1 < cap; i++) {
        out[(*used)++] = name.p[i] > 0x20 && name.p[i] < 0x7f ? (char)name.p[i] : '?';
    }

    return true;
}

/* The first import shows which host the module needs: wasi_snapshot_preview1.fd_write. */
static void show_first_import(struct view *v, uint64_t at, uint64_t bytes, struct exec *e)
{
    struct cursor c;
    uint64_t num;
    size_t n = bytes < LOOK_IMPORTS ? (size_t)bytes : LOOK_IMPORTS;
    if (!view_some(v, at, n, &c) || !cur_varint(&c, &num) || num == 0) {
        return;
    }

    char text[96];
    size_t used = 0;
    if (append_name(&c, text, sizeof text / 2, &used) && used < sizeof text - 1) {
        text[used++] = '.';
        (void)append_name(&c, text, sizeof text,
                          &used); /* without it, the module's name is shown */
        text[used] = 0;
        snprintf(e->machine, sizeof e->machine, "%.31s", text);
    }
}

struct section {
    uint8_t id;
    uint64_t at; /* offset of its content */
    uint64_t bytes;
    uint64_t end;
};

/* Reads the section at an offset.  False if no section begins there. */
static bool read_section(struct view *v, uint64_t at, struct section *out)
{
    struct cursor c;
    if (!view_some(v, at, MAX_SECTION_HEADER, &c) || !cur_u8(&c, &out->id)
        || !cur_varint(&c, &out->bytes)) {
        return false;
    }

    bool is_empty = out->bytes == 0 && out->id != SECTION_CUSTOM;
    if (out->id > LAST_SECTION || out->bytes > UINT32_MAX || is_empty) {
        return false;
    }

    out->at = c.at;
    return add_u64(c.at, out->bytes, &out->end) && out->end <= view_left(v);
}

bool wasm_confirm(struct view *v, struct exec *e)
{
    uint64_t at = WASM_HEADER;
    unsigned num = 0;
    struct section s;
    snprintf(e->machine, sizeof e->machine, "wasm");
    while (num < MAX_SECTIONS && at < view_left(v) && read_section(v, at, &s)) {
        if (s.id == SECTION_IMPORT) {
            show_first_import(v, s.at, s.bytes, e);
        }
        at = s.end;
        num++;
    }

    e->kind = "wasm";
    e->size = num_of(at);
    return num > 0;
}

bool dex_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t file_bytes, header_bytes, endian;
    if (!view_take(v, 32, 12, &c) || !cur_u32le(&c, &file_bytes) || !cur_u32le(&c, &header_bytes)
        || !cur_u32le(&c, &endian)) {
        return false;
    }

    e->kind = "dex";
    e->size = num_of(file_bytes);
    snprintf(e->machine, sizeof e->machine, "dalvik");
    bool has_endian = endian == dex_endian || endian == dex_reverse_endian;
    return has_endian && header_bytes >= DEX_HEADER && header_bytes <= file_bytes
           && file_bytes <= view_left(v);
}
