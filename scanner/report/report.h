/* report.h - what a scan found: the one model that every writer reads.
 *
 * A report owns everything in it.  Strings are NUL-ended UTF-8 that was made
 * safe already for names (invalid bytes as \xNN); each writer still escapes for
 * its own syntax.  path_hex and its like are set only where bytes were invalid. */
#ifndef MA_REPORT_REPORT_H
#define MA_REPORT_REPORT_H
#include "../../rules/rules.h"
#include "gap.h"

enum verdict {
    VERDICT_NOT_A_MODEL,
    VERDICT_CLEAN,
    VERDICT_SUSPICIOUS,
    VERDICT_INCOMPLETE,
    VERDICT_MALICIOUS
};
const char *verdict_name(enum verdict v);

#define FORMAT_UNKNOWN "unknown" /* the format of a file that no parser claims */
#define TORCH_VERSION "1.13.0" /* whose torch.load(weights_only=True) is meant */

struct finding {
    const struct rule *rule;
    char *where; /* a.pt!/archive/data.pkl */
    uint64_t offset, length; /* in that object, bytes */
    char *evidence; /* os.system('id'), escaped and bounded */
    char *waived; /* reason of the waiver, or NULL */
    char *global; /* module.name, where it is about an import or a call; else NULL */
    uint64_t more; /* on a rule's last kept finding: how many more there were */
};
struct import_row {
    char *module, *name;
    enum safety safety;
    char *where;
    uint64_t offset;
};
/* Owns all it points to. */
struct unscanned {
    char *where;
    struct gap gap; /* with a detail of its own */
    char *reason; /* the text of the gap, for display only */
};
/* A file beside this one that the loader reads; path as written there, NUL-ended; end: how far
 * it is read, bytes. */
struct extern_row {
    char *path;
    uint64_t end;
};

/* What lies where in the file: a tensor, a region or a stored member; a row may stand for
 * neighbours of one role. */
struct map_row {
    struct range at;
    char *role, *name;
};

/* What the scan itself needs to know of a file until the report is made. No form shows it. */
struct file_state {
    bool changed; /* two readings of it differed: the report is not about one file */
    bool known; /* a parser claimed all of it: name and place changed nothing in what was found */
    bool unclaimed; /* no parser knows it, though its name or the user says it is a model */
    bool report_deferred; /* on_file is called when the whole folder is known */
};

struct file_report {
    char *path, *path_hex; /* as given or found, relative names kept; hex or NULL */
    char *rel; /* path below the scanned root, '/' between parts; basename for a file */
    uint64_t size, bytes_searched;
    uint8_t sha256[32]; /* by the hasher, never by a parser */
    bool hashed; /* sha256 holds a digest of all `size` bytes */
    char *format;
    enum verdict verdict;
    bool complete; /* everything was read: it has no gaps */
    struct file_state state;
    enum severity worst; /* of all findings, kept or not, that are not waived */
    int weights_only; /* 1, 0, or -1: not a matter of torch.load */
    struct unscanned *gaps;
    size_t num_gaps;
    struct import_row *imports;
    size_t num_imports;
    struct finding *findings;
    size_t num_findings;
    struct extern_row *externs;
    size_t num_externs;
    /* by first byte; only where the scan was asked for it */
    struct map_row *map;
    size_t num_map;
};

struct report {
    const struct ruleset *rules;
    int64_t began; /* seconds of the monotonic clock */
    char started[32], finished[32]; /* 2026-11-23T10:00:00Z */
    const char *sandbox; /* "none", "seccomp+landlock" */
    enum verdict verdict;
    enum severity fail_on; /* SEV_MEDIUM: suspicious, SEV_HIGH: malicious */
    char *root; /* the scanned path when there was one, for attest */
    bool root_is_dir;
    bool redacted;
    /* SHA-256 of the policy in force, 32 bytes, borrowed; NULL: none */
    const uint8_t *policy_digest;
    struct file_report *files;
    size_t num_files, cap_files;
    /* of the scan itself: missing paths, unreadable folders, excluded files */
    struct unscanned *gaps;
    size_t num_gaps;
};
/* Fills u from where (heap; NULL: out of memory), which is its own from then on, and a copy of g.
 * On failure (out of memory) where is freed, and u holds nothing. */
MUST_CHECK bool unscanned_init(struct unscanned *u, char *where, const struct gap *g);
/* Frees what u holds, not u. */
void unscanned_done(struct unscanned *u);
/* Does this gap of the scan count? What the user excluded, and folders behind symlinks, are
 * listed only. */
bool gap_counts(const struct unscanned *u);
/* Was anything that should have been read not read, whatever the verdict is? */
bool report_incomplete(const struct report *r);
/* Is this gap the machine's (no memory, no worker), not the file's?  Another try may do better. */
bool gap_is_transient(const struct unscanned *u);
/* Is any gap of the report transient? */
bool report_has_transient_gap(const struct report *r);
/* Does no parser claim this file? */
bool format_is_unknown(const struct file_report *f);
/* Frees what f holds, not f. */
void file_report_done(struct file_report *f);
/* Is there a finding from that severity on that is not waived? */
bool report_found(const struct report *r, enum severity from);
/* The first 16 bytes of a SHA-256 over what makes a finding the same finding in the next scan:
 * rule, place below the scanned root, evidence, and which of several alike it is. Neither
 * offsets nor digests. Hex. */
void finding_fingerprint(const struct file_report *f, size_t i, char hex[33]);
/* Takes the evidence of every finding out: it quotes the file, and a file may hold secrets.
 * Rules, places and names of imports stay. False: no memory. */
bool report_redact(struct report *r);
void report_free(struct report *r); /* accepts NULL */
#endif
