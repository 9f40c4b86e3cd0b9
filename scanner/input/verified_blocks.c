#include "verified_blocks.h"

#include "file_input.h"

#include <stdlib.h>

#define SLOTS 8u /* blocks that are kept: 128 KiB to 1 MiB */

struct slot {
    uint64_t number; /* of the block */
    uint64_t used; /* clock of its last use; 0: the slot is empty */
    size_t n; /* bytes of the block */
};
struct verified_blocks {
    struct source_blocks source;
    int fd;
    uint64_t size;
    uint64_t clock; /* counts uses */
    struct block_macs *macs;
    struct block_mac *mac;
    struct slot slots[SLOTS];
    uint8_t *memory;
    size_t last; /* the slot that was used last: parsers mostly read on */
};

/* The slot of that block, or false and the slot that was used least recently. */
static bool find_slot(struct verified_blocks *b, uint64_t number, size_t *out)
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

static bool load_slot(struct verified_blocks *b, uint64_t number, size_t slot)
{
    size_t block = block_macs_block_bytes(b->macs);
    uint64_t at = number * block, left = b->size - at;
    uint8_t *to = b->memory + slot * block;
    size_t n = left < block ? (size_t)left : block;
    b->slots[slot].used = 0;
    if (!pread_all(b->fd, at, to, n) || !block_mac_check(b->mac, at, (struct bytes){ to, n })) {
        return false;
    }
    b->slots[slot] = (struct slot){ .number = number, .n = n };
    return true;
}

static bool get_bytes(void *ctx, uint64_t off, struct bytes *out)
{
    struct verified_blocks *b = ctx;
    size_t block = block_macs_block_bytes(b->macs), slot = b->last, in = (size_t)(off % block);
    uint64_t number = off / block;
    if (b->slots[slot].used == 0 || b->slots[slot].number != number) {
        if (!find_slot(b, number, &slot) && !load_slot(b, number, slot)) {
            return false;
        }
        b->last = slot;
    }
    b->slots[slot].used = ++b->clock;
    *out = (struct bytes){ b->memory + slot * block + in, b->slots[slot].n - in };
    return true;
}

struct verified_blocks *verified_blocks_new(int fd, uint64_t size, struct block_macs *macs)
{
    struct verified_blocks *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    *b = (struct verified_blocks){
        .source = { get_bytes, b }, .fd = fd, .size = size, .macs = macs, .mac = block_mac_new(macs)
    };
    b->memory = malloc(SLOTS * block_macs_block_bytes(macs));
    if (b->mac == NULL || b->memory == NULL) {
        verified_blocks_free(b);
        return NULL;
    }
    return b;
}

void verified_blocks_free(struct verified_blocks *b)
{
    if (b != NULL) {
        block_mac_free(b->mac);
        free(b->memory);
        free(b);
    }
}

const struct source_blocks *verified_blocks_source(struct verified_blocks *b) { return &b->source; }
