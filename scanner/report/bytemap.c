/* bytemap.c - three lanes over the width of the file:
 *
 *    0..20   members of an archive that are stored in it
 *   20..48   tensors and regions
 *   48..64   findings, each where its bytes are
 *
 * What no lane covers shows the ground: read and searched, but not named by a parser. */
#include "bytemap.h"

#include "escape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 1000.0
#define THINNEST 0.6 /* of WIDTH: a byte of a gigabyte must still be seen */
#define MAX_NAME 300u /* bytes */

/* The classes of the page's style; roles come from facts.def (region.role). */
static const char *class_of(const char *role)
{
    static const struct {
        const char *role, *class;
    } known[] = { { "member", "member" },   { "tensor", "tensor" }, { "array", "tensor" },
                  { "storage", "tensor" },  { "header", "header" }, { "index", "header" },
                  { "padding", "padding" }, { "gap", "stray" },     { "trailing", "stray" },
                  { "prefix", "stray" } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(role, known[i].role) == 0) {
            return known[i].class;
        }
    }
    return "region";
}

static void put_text(FILE *out, const char *s)
{
    char *shown = escape_entities(bytes_of(s), MAX_NAME);
    fputs(shown != NULL ? shown : "?", out);
    free(shown);
}

/* at lies within the file. */
static void open_rect(FILE *out, const struct file_report *f, struct range at, double y,
                      double height, const char *class)
{
    double x = (double)at.off / (double)f->size * WIDTH;
    double width = (double)at.len / (double)f->size * WIDTH;
    width = width < THINNEST ? THINNEST : width;
    x = x + width > WIDTH ? WIDTH - width : x;
    fprintf(out, "<rect class=\"%s\" x=\"%.3f\" y=\"%.0f\" width=\"%.3f\" height=\"%.0f\"><title>",
            class, x, y, width, height);
}

static void put_row(FILE *out, const struct file_report *f, const struct map_row *row)
{
    if (strcmp(row->role, "member") == 0) {
        open_rect(out, f, row->at, 0, 20, class_of(row->role));
    } else {
        open_rect(out, f, row->at, 20, 28, class_of(row->role));
    }
    put_text(out, row->role);
    fputc(' ', out);
    put_text(out, row->name);
    fprintf(out, ": %" PRIu64 " bytes at %" PRIu64 "</title></rect>\n", row->at.len, row->at.off);
}

/* Where a finding lies in the file: in it, in a stored member of it, or somewhere in what a
 * member holds. */
static bool find_place(const struct file_report *f, const struct finding *found, struct range *at)
{
    size_t longest = 0;
    if (strcmp(found->where, f->path) == 0) {
        *at = (struct range){ found->offset, found->length };
        return found->offset <= f->size;
    }
    for (size_t i = 0; i < f->num_map; i++) {
        const struct map_row *row = &f->map[i];
        size_t n = strlen(row->name);
        bool inside = strcmp(row->role, "member") == 0 && n > longest
                      && strncmp(found->where, row->name, n) == 0;
        bool itself = inside && found->where[n] == 0;
        if (itself && found->offset <= row->at.len) {
            *at = (struct range){ row->at.off + found->offset, found->length };
        } else if (inside) {
            *at = row->at;
        }
        longest = inside ? n : longest;
    }
    return longest > 0;
}

static void put_hit(FILE *out, const struct file_report *f, const struct finding *found)
{
    struct range at;
    if (!find_place(f, found, &at) || at.off > f->size) {
        return;
    }
    at.len = at.len < f->size - at.off ? at.len : f->size - at.off;
    open_rect(out, f, at, 48, 16, "hit");
    fprintf(out, "%s: ", found->rule->id);
    put_text(out, found->evidence);
    fprintf(out, " at %" PRIu64 "</title></rect>\n", at.off);
}

void write_bytemap_key(FILE *out)
{
    static const struct {
        const char *class, *means;
    } key[] = { { "member", "stored member" },
                { "header", "header, index" },
                { "tensor", "tensor" },
                { "padding", "padding" },
                { "stray", "gap, prefix, trailing bytes" },
                { "region", "other" },
                { "bare", "not named by a parser" },
                { "hit", "finding" } };
    fputs("<p class=\"key\">", out);
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
        fprintf(out,
                "<span><svg viewBox=\"0 0 1 1\"><rect class=\"%s\" width=\"1\" "
                "height=\"1\"/></svg>%s</span>",
                key[i].class, key[i].means);
    }
    fputs("</p>\n", out);
}

void write_bytemap(FILE *out, const struct file_report *f)
{
    if (f->size == 0 || !f->hashed) {
        return;
    }
    fprintf(
        out,
        "<svg class=\"map\" viewBox=\"0 0 %.0f 64\" preserveAspectRatio=\"none\" role=\"img\">\n"
        "<rect class=\"bare\" width=\"%.0f\" height=\"48\"/>\n",
        WIDTH, WIDTH);
    for (size_t i = 0; i < f->num_map; i++) {
        put_row(out, f, &f->map[i]);
    }
    for (size_t i = 0; i < f->num_findings; i++) {
        put_hit(out, f, &f->findings[i]);
    }
    fputs("</svg>\n", out);
}
