/* bytecode.c - WebAssembly modules and Android's dex.
 *
 *   wasm: "\0asm" 1 [section id][size, LEB128][bytes] ...        WebAssembly core 5.5
 *   dex:  "dex\n035\0" [adler32][sha1][file size][header size 0x70][endian tag] ...  */
#include "executable.h"

#include <stdio.h>

enum { MAX_SECTIONS = 1000, SECTION_IMPORT = 2 };

/* A name of n bytes as text; what is not plain becomes '?'. */
static bool put_name(struct cursor *c, char *out, size_t cap, size_t *used)
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

/* The first import says what the module wants of its host: wasi_snapshot_preview1.fd_write. */
static void first_import(struct view *v, uint64_t at, uint64_t bytes, struct exec *e)
{
    struct cursor c;
    uint64_t num;
    size_t used = 0;
    if (!view_some(v, at, bytes < 1024 ? (size_t)bytes : 1024, &c) || !cur_varint(&c, &num)
        || num == 0) {
        return;
    }
    char text[96];
    if (put_name(&c, text, 48, &used) && used < sizeof text - 1) {
        text[used++] = '.';
        /* the module's name alone is worth showing, too */
        (void)put_name(&c, text, sizeof text, &used);
        text[used] = 0;
        snprintf(e->machine, sizeof e->machine, "%.31s", text);
    }
}

bool wasm_confirm(struct view *v, struct exec *e)
{
    uint64_t at = 8;
    unsigned num = 0;
    snprintf(e->machine, sizeof e->machine, "wasm");
    for (; num < MAX_SECTIONS && at < view_left(v); num++) {
        struct cursor c;
        uint8_t id;
        uint64_t bytes, end;
        if (!view_some(v, at, 12, &c) || !cur_u8(&c, &id) || id > 13 || !cur_varint(&c, &bytes)
            || bytes > UINT32_MAX || (id != 0 && bytes == 0) || !add_u64(c.at, bytes, &end)
            || end > view_left(v)) {
            break; /* the module ends where no section begins */
        }
        if (id == SECTION_IMPORT) {
            first_import(v, c.at, bytes, e);
        }
        at = end;
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
    return header_bytes >= 0x70 && header_bytes <= file_bytes && file_bytes <= view_left(v)
           && (endian == 0x12345678 || endian == 0x78563412);
}
