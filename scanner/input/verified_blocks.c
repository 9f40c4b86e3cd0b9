#include "verified_blocks.h"

#include "file_input.h"

#include <stdlib.h>

#define SLOTS 8u /* blocks that are kept: 128 KiB to 1 MiB */

/* used: 0, or when it was last asked for */
struct slot {
    uint64_t number, used;
    size_t n;
};
struct verified_blocks {
    struct source_blocks source;
    int fd;
    uint64_t size, clock;
    struct block_macs *tags;
    struct block_mac *tagger;
    struct slot slots[SLOTS];
    uint8_t *memory;
    size_t last; /* the slot of the last answer: parsers read on */
};

static bool find(struct verified_blocks *b, uint64_t number, size_t *out)
{
    size_t oldest = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (b->slots[i].used > 0 && b->slots[i].number == number) {
            *out = i;
            return true;
        }
        oldest = b->slots[i].used < b->slots[oldest].used ? i : oldest;
    }
    *out = oldest;
    return false;
}

static bool load(struct verified_blocks *b, uint64_t number, size_t slot)
{
    size_t block = block_macs_block_bytes(b->tags);
    uint64_t at = number * block, left = b->size - at;
    uint8_t *to = b->memory + slot * block;
    size_t n = left < block ? (size_t)left : block;
    b->slots[slot].used = 0;
    if (!pread_all(b->fd, at, to, n) || !block_mac_check(b->tagger, at, (struct bytes){ to, n })) {
        return false;
    }
    b->slots[slot] = (struct slot){ .number = number, .n = n };
    return true;
}

static bool get(void *ctx, uint64_t off, struct bytes *out)
{
    struct verified_blocks *b = ctx;
    size_t block = block_macs_block_bytes(b->tags), slot = b->last, in = (size_t)(off % block);
    uint64_t number = off / block;
    if (b->slots[slot].used == 0 || b->slots[slot].number != number) {
        if (!find(b, number, &slot) && !load(b, number, slot)) {
            return false;
        }
        b->last = slot;
    }
    b->slots[slot].used = ++b->clock;
    *out = (struct bytes){ b->memory + slot * block + in, b->slots[slot].n - in };
    return true;
}

struct verified_blocks *verified_blocks_new(int fd, uint64_t size, struct block_macs *tags)
{
    struct verified_blocks *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    *b = (struct verified_blocks){
        .source = { get, b }, .fd = fd, .size = size, .tags = tags, .tagger = block_mac_new(tags)
    };
    b->memory = malloc(SLOTS * block_macs_block_bytes(tags));
    if (b->tagger == NULL || b->memory == NULL) {
        verified_blocks_free(b);
        return NULL;
    }
    return b;
}

void verified_blocks_free(struct verified_blocks *b)
{
    if (b != NULL) {
        block_mac_free(b->tagger);
        free(b->memory);
        free(b);
    }
}

const struct source_blocks *verified_blocks_source(struct verified_blocks *b) { return &b->source; }
