#include "block_crc.h"

#include "../../parsers/codec/crc.h"
#include "file_input.h"

#include <libdeflate.h>
#include <stdlib.h>

#define BLOCK ((uint64_t)INPUT_BLOCK)

struct block_crcs {
    uint64_t seen; /* bytes */
    uint32_t open; /* of the block that is not full yet */
    size_t cap;
    uint32_t of[]; /* full blocks */
};

struct block_crcs *block_crcs_new(uint64_t size)
{
    uint64_t blocks = size / BLOCK + 1;
    if (blocks > SIZE_MAX / 8) {
        return NULL;
    }
    struct block_crcs *c = malloc(sizeof *c + (size_t)blocks * sizeof c->of[0]);
    if (c != NULL) {
        *c = (struct block_crcs){ .cap = (size_t)blocks };
    }
    return c;
}

void block_crcs_free(struct block_crcs *c) { free(c); }

void block_crcs_update(struct block_crcs *c, struct bytes b)
{
    while (b.n > 0 && c->seen / BLOCK < c->cap) {
        uint64_t left = BLOCK - c->seen % BLOCK;
        size_t n = b.n < left ? b.n : (size_t)left;
        c->open = libdeflate_crc32(c->open, b.p, n);
        c->seen += n;
        b = bytes_sub(b, n, b.n);
        if (c->seen % BLOCK == 0) {
            c->of[c->seen / BLOCK - 1] = c->open;
            c->open = 0;
        }
    }
}

/* Less than a block. */
static bool read_piece(struct source *src, uint64_t from, uint64_t end, uint32_t *crc)
{
    uint8_t chunk[16384];
    while (from < end) {
        size_t got = 0, n = end - from < sizeof chunk ? (size_t)(end - from) : sizeof chunk;
        if (!source_read_plain(src, from, chunk, n, &got) || got == 0) {
            return false;
        }
        *crc = libdeflate_crc32(*crc, chunk, got);
        from += got;
    }
    return true;
}

bool block_crcs_of_range(struct block_crcs *c, struct source *src, struct range at, uint32_t *out)
{
    uint64_t end = at.off + at.len, first = (at.off + BLOCK - 1) / BLOCK, last = end / BLOCK;
    uint32_t block = crc_length(BLOCK), tail = 0;
    *out = 0;
    if (end < at.off || end > c->seen || first >= last) {
        return false;
    }
    if (!read_piece(src, at.off, first * BLOCK, out)) {
        return false;
    }
    for (uint64_t i = first; i < last; i++) {
        *out = crc_join(*out, c->of[i], block);
    }
    if (!read_piece(src, last * BLOCK, end, &tail)) {
        return false;
    }
    *out = crc_join(*out, tail, crc_length(end - last * BLOCK));
    return true;
}
