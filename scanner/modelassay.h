/* modelassay.h - scan a model file before anything loads it.
 *
 * A scanner belongs to one thread at a time; a report owns everything it hands
 * out and outlives the scanner, not the rules.  No function prints, exits,
 * installs a signal handler or changes process state.  Every *_free accepts
 * NULL.  Sizes and offsets are bytes.  Strings are NUL-ended UTF-8. */
#ifndef MODELASSAY_H
#define MODELASSAY_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define MA_API __attribute__((visibility("default")))

typedef struct ma_rules ma_rules;
typedef struct ma_scanner ma_scanner;
typedef struct ma_report ma_report;
typedef struct ma_finding ma_finding;
typedef struct ma_key ma_key;

/* What the caller or the machine did wrong.  A hostile file is a report, not a status. */
typedef enum {
    MA_OK = 0,
    MA_E_ARG,
    MA_E_NOMEM,
    MA_E_IO,
    MA_E_RULES,
    MA_E_KEY,
    MA_E_VERIFY
} ma_status;
typedef enum { MA_INFO = 1, MA_LOW, MA_MEDIUM, MA_HIGH, MA_CRITICAL } ma_severity;
/* In order; a scan takes the maximum of its files.  CLEAN is only ever said of
 * a scan that saw every byte. */
typedef enum {
    MA_NOT_A_MODEL = 0,
    MA_CLEAN,
    MA_SUSPICIOUS,
    MA_INCOMPLETE,
    MA_MALICIOUS
} ma_verdict;

/* The built-in rules and every pack below dir; dir NULL: the built-in ones.
 * On MA_E_RULES *why is "file:/0/match: unknown field 'calee'"; ma_buf_free it. */
MA_API ma_status ma_rules_load(const char *dir, ma_rules **out, char **why);
MA_API void ma_rules_free(ma_rules *r);

/* r is borrowed and must outlive the scanner and its reports. */
MA_API ma_status ma_scanner_new(const ma_rules *r, ma_scanner **out);
/* limit: a name of docs/LIMITS.md ("inflated_bytes"); MA_E_ARG when there is none. */
MA_API ma_status ma_scanner_limit(ma_scanner *s, const char *limit, uint64_t value);
/* What the user accepts (allow, waivers, as of --policy); path NULL: nothing. *why as of
 * ma_rules_load. */
MA_API ma_status ma_scanner_policy(ma_scanner *s, const char *path, char **why);
/* Called in the thread that scans, some times a second at most: bytes read, and bytes that are
 * known to be there (0: not known, for _fd and _mem). told NULL: nobody is told. */
typedef void ma_progress_fn(void *ctx, uint64_t read, uint64_t expected);
MA_API void ma_scanner_progress(ma_scanner *s, ma_progress_fn *told, void *ctx);
/* A descriptor of a file that the model under that label refers to by rel, or -1; it is closed
 * by the scan. rel is the model's own text and hostile: "../../etc/passwd". open_file NULL:
 * ma_scan_path opens what lies below the model's folder, without following links; ma_scan_fd and
 * ma_scan_mem open nothing, and the report is incomplete. */
typedef int ma_open_fn(void *ctx, const char *label, const char *rel);
MA_API void ma_scanner_resolver(ma_scanner *s, ma_open_fn *open_file, void *ctx);
MA_API void ma_scanner_free(ma_scanner *s);
MA_API void ma_cancel(ma_scanner *s); /* from any thread or signal handler */

/* MA_OK means that *out is a report, whatever it says.  fd is borrowed and must
 * be a regular file; its offset is neither used nor moved. */
MA_API ma_status ma_scan_fd(ma_scanner *s, int fd, const char *label, ma_report **out);
MA_API ma_status ma_scan_path(ma_scanner *s, const char *path, ma_report **out);
MA_API ma_status ma_scan_mem(ma_scanner *s, const void *p, size_t n, const char *label,
                             ma_report **out);

MA_API ma_verdict ma_report_verdict(const ma_report *r);
/* SHA-256 (32 bytes) of file i as it was read, or NULL when it could not be. */
MA_API const uint8_t *ma_report_sha256(const ma_report *r, size_t file);
MA_API size_t ma_report_files(const ma_report *r);
MA_API size_t ma_report_count(const ma_report *r); /* findings, over all files */
MA_API const ma_finding *ma_report_at(const ma_report *r, size_t i); /* NULL past the end */
MA_API const char *ma_finding_rule(const ma_finding *f);
MA_API ma_severity ma_finding_severity(const ma_finding *f);
MA_API const char *ma_finding_where(const ma_finding *f); /* m.pt!/data.pkl */
MA_API uint64_t ma_finding_offset(const ma_finding *f);
MA_API const char *ma_finding_evidence(const ma_finding *f); /* bounded, safe to print */
MA_API void ma_report_free(ma_report *r);

typedef enum { MA_AS_TEXT, MA_AS_JSON } ma_form;
/* *out is the caller's, NUL-ended after n bytes; ma_buf_free it. */
MA_API ma_status ma_report_write(const ma_report *r, ma_form form, char **out, size_t *n);

/* --- signing and verifying (docs/ATTESTATION.md) ------------------------------ */
/* A PEM file; private_key 0: a public one. passphrase: of an encrypted key, or NULL. MA_E_KEY:
 * not usable. */
MA_API ma_status ma_key_load(const char *path, int private_key, const char *passphrase,
                             ma_key **out);
/* A key whose private half is elsewhere (a KMS, a token). sign gets the bytes to sign and writes
 * DER (ECDSA) or raw (Ed25519) to sig, at most *n bytes, and the size to *n; 0 is success. */
typedef int ma_sign_fn(void *ctx, const uint8_t *message, size_t size, uint8_t *sig, size_t *n);
MA_API ma_status ma_key_external(const char *public_path, ma_sign_fn *sign, void *ctx,
                                 ma_key **out);
MA_API void ma_key_free(ma_key *k);
/* The scan as a signed Sigstore bundle; *out is the caller's, ma_buf_free it. MA_E_IO: a file
 * has no digest. */
MA_API ma_status ma_attest(const ma_report *r, const ma_key *k, char **out, size_t *n);
/* Each cause once: a slug that stays, the file it is about (or NULL), and a text. Valid during
 * the call. */
typedef void ma_cause_fn(void *ctx, const char *slug, const char *file, const char *text);
/* A signed scan against the model on disk. MA_OK: verified. MA_E_VERIFY: it is not; MA_E_IO: it
 * could not be looked at. The causes were told (cause may be NULL). A scan without sandbox, like
 * those of this library, is taken when allow_no_sandbox is not 0. */
MA_API ma_status ma_verify(const char *model, const char *bundle, const ma_key *k,
                           int allow_no_sandbox, ma_cause_fn *cause, void *ctx);
/* The same for an open file, which the bundle knows under that name. */
MA_API ma_status ma_verify_fd(int fd, const char *name, const char *bundle, const ma_key *k,
                              int allow_no_sandbox, ma_cause_fn *cause, void *ctx);
MA_API void ma_buf_free(void *p);
MA_API const char *ma_version(void);
#ifdef __cplusplus
}
#endif
#endif
