/* collect.h - the sink: facts become findings, imports and gaps of one file. */
#ifndef MA_COLLECT_H
#define MA_COLLECT_H
#include "scan.h"

struct job;

struct collector {
    struct sink sink;                 /* first: the parsers' view of this */
    const struct scan_options *options;
    struct file_report *file;
    struct budget *budget;
    struct queue *queue;
    struct job *job;                  /* object being read */
    const char *where;                /* its label */
    bool forget;                      /* a try that has executed nothing yet: its facts do not count */
    bool counted;                     /* the try imported or called something */
    bool failed;                      /* out of memory */
    bool weights_refused;   /* weights.c */
    bool hollow;                      /* a wrapper's whole content is of no format that is understood */
    char format[32];                  /* of the object being read, by its parser */
    uint64_t *kept;                   /* findings kept per rule of the ruleset */
    size_t room_findings, room_imports, room_gaps, room_externs;
    uint16_t *import_slots;           /* of the imports listed: open addressing, index + 1 */
};
bool collect_init(struct collector *c, const struct scan_options *o, struct file_report *f,
                  struct budget *b, struct queue *q);
/* The worst severity of all hits, kept or not. */
enum severity collect_worst(const struct collector *c);
void collect_done(struct collector *c);
/* A gap makes the file incomplete, and says why. */
bool collect_gap(struct collector *c, const char *where, const char *reason);
/* An anomaly that the scanner itself found, in the object at hand. */
bool collect_anomaly(struct collector *c, struct range at, const char *slug, const char *detail,
                     struct num declared, struct num actual, struct num limit);
#endif
