/* report.h - the report of a scan, which every writer reads.
 *
 * A report owns everything in it, unless a field says otherwise. Strings are NUL-ended UTF-8, with
 * invalid bytes as \xNN; each writer still escapes for its own syntax. */
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
    const struct rule *rule; /* borrowed */
    char *where; /* label of the object: a.pt!/archive/data.pkl */
    uint64_t offset; /* in that object */
    uint64_t length; /* bytes */
    char *evidence; /* os.system('id'), escaped and bounded */
    char *waived; /* reason of the waiver, or NULL */
    char *global; /* module.name of an import or a call; else NULL */
    uint64_t more; /* on a rule's last kept finding: how many more there were */
};
struct import_row {
    char *module;
    char *name;
    enum safety safety;
    char *where; /* label of the object */
    uint64_t offset; /* in that object */
};
/* A gap of a file, or of the scan. */
struct unscanned {
    char *where; /* label of the object, or a path */
    struct gap gap; /* owns its detail */
    char *reason; /* the text of the gap, for display only */
};
/* A file that a loader reads beside this one. */
struct extern_row {
    char *path; /* as the model gives it */
    uint64_t end; /* bytes of it that are read, from its start */
};
/* A tensor, a region or a stored member of the file, or neighbours of one role. */
struct map_row {
    struct range at; /* in the file */
    char *role;
    char *name;
};

/* What the scan itself needs to know of a file until the report is made. No form shows it. */
struct file_state {
    bool changed; /* two readings of it differed: the report is not about one file */
    bool known; /* a parser claimed all of it: name and place changed nothing in what was found */
    bool unclaimed; /* no parser knows it, though its name or the user says it is a model */
    bool report_deferred; /* on_file is called when the whole folder is known */
};

struct file_report {
    char *path; /* as given or found */
    char *path_hex; /* its bytes, if they are not valid UTF-8; else NULL */
    char *rel; /* path below the scanned root, '/' between parts; the base name of a single file */
    uint64_t size; /* bytes */
    uint64_t bytes_searched;
    uint8_t sha256[32]; /* by the process that hashes, never by a parser */
    bool hashed; /* sha256 is the digest of all `size` bytes */
    char *format;
    enum verdict verdict;
    bool complete; /* everything was read: it has no gaps */
    struct file_state state;
    enum severity worst; /* of all findings, kept or not, that are not waived */
    int weights_only; /* 1, 0, or -1: not a format of torch.load */
    struct unscanned *gaps;
    size_t num_gaps;
    struct import_row *imports;
    size_t num_imports;
    struct finding *findings;
    size_t num_findings;
    struct extern_row *externs;
    size_t num_externs;
    struct map_row *map; /* by first byte; only if the scan was asked for it */
    size_t num_map;
};

struct report {
    const struct ruleset *rules; /* borrowed */
    int64_t began; /* seconds of the monotonic clock */
    char started[32]; /* 2026-11-23T10:00:00Z */
    char finished[32];
    const char *sandbox; /* "none", "seccomp+landlock"; static */
    enum verdict verdict;
    enum severity fail_on; /* SEV_MEDIUM: suspicious, SEV_HIGH: malicious */
    char *root; /* the first path that was scanned, or NULL */
    bool root_is_dir;
    bool redacted;
    const uint8_t *policy_digest; /* SHA-256 of the policy, 32 bytes, borrowed; NULL: no policy */
    struct file_report *files;
    size_t num_files;
    size_t cap_files;
    struct unscanned *gaps; /* of the scan: missing paths, unreadable folders, excluded files */
    size_t num_gaps;
};
/* unscanned_init fills u with where (heap; NULL: out of memory), which it takes ownership of, and a
 * copy of g. Returns false when out of memory; where is freed then, and u holds nothing. */
MUST_CHECK bool unscanned_init(struct unscanned *u, char *where, const struct gap *g);
/* unscanned_done frees what u holds, not u. */
void unscanned_done(struct unscanned *u);
/* gap_counts says whether a gap of the scan makes it incomplete. Excluded files and symlinks to
 * folders are only listed. */
bool gap_counts(const struct unscanned *u);
/* report_incomplete says whether anything is unread that should have been read, whatever the
 * verdict is. */
bool report_incomplete(const struct report *r);
/* gap_is_transient says whether a gap is the machine's (no memory, no worker) and not the file's:
 * another scan may succeed. */
bool gap_is_transient(const struct unscanned *u);
/* report_has_transient_gap says whether any gap of the report is. */
bool report_has_transient_gap(const struct report *r);
/* format_is_unknown says whether no parser claims this file. */
bool format_is_unknown(const struct file_report *f);
/* file_report_done frees what f holds, not f. */
void file_report_done(struct file_report *f);
/* report_found says whether there is a finding of that severity or above that is not waived. */
bool report_found(const struct report *r, enum severity from);
/* finding_fingerprint writes, as hex, the first 16 bytes of a SHA-256 over what identifies a
 * finding in another scan: rule, path below the scanned root, evidence, and its number among
 * equal ones; no offsets and no digests. */
void finding_fingerprint(const struct file_report *f, size_t i, char hex[33]);
/* report_redact removes the evidence of every finding: it quotes the file, which may hold secrets.
 * Rules, labels and names of imports stay. Returns false when out of memory. */
bool report_redact(struct report *r);
void report_free(struct report *r); /* accepts NULL */
#endif
