/* modelassay.h - scans a model file before anything loads it.
 *
 * One thread at a time may use a scanner. A report owns everything that it
 * returns; it may outlive the scanner but not the rules. No function prints,
 * exits, installs a signal handler or changes process state. Every *_free accepts
 * NULL. Sizes and offsets are in bytes. Strings are NUL-terminated UTF-8. */
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

/* Errors of the caller or of the system. A hostile file is a report, not an error. */
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
/* In ascending order; the verdict of a scan is the maximum over its files. MA_CLEAN means that
 * every byte was scanned. */
typedef enum {
    MA_NOT_A_MODEL = 0,
    MA_CLEAN,
    MA_SUSPICIOUS,
    MA_INCOMPLETE,
    MA_MALICIOUS
} ma_verdict;

/* Loads the built-in rules and every pack below dir; with dir NULL the built-in rules only.
 * On MA_E_RULES *why is a text such as "file:/0/match: unknown field 'calee'"; free it with
 * ma_buf_free. */
MA_API ma_status ma_rules_load(const char *dir, ma_rules **out, char **why);
MA_API void ma_rules_free(ma_rules *r);

/* r is borrowed and must outlive the scanner and its reports. */
MA_API ma_status ma_scanner_new(const ma_rules *r, ma_scanner **out);
/* Sets one limit. limit is a name of docs/LIMITS.md ("inflated_bytes"); MA_E_ARG for any other. */
MA_API ma_status ma_scanner_limit(ma_scanner *s, const char *limit, uint64_t value);
/* Loads a policy of accepted findings (as scan --policy does); with path NULL there is none.
 * *why as for ma_rules_load. */
MA_API ma_status ma_scanner_policy(ma_scanner *s, const char *path, char **why);
/* Called in the thread that scans, a few times a second at most. read is the number of bytes
 * read, expected the number of bytes to read (0 when it is not known: ma_scan_fd, ma_scan_mem). */
typedef void ma_progress_fn(void *ctx, uint64_t read, uint64_t expected);
/* Sets the progress function; with on_progress NULL there is none. */
MA_API void ma_scanner_progress(ma_scanner *s, ma_progress_fn *on_progress, void *ctx);
/* Opens a file that a model refers to. label names the model; rel is the path as the model gives
 * it, and it is hostile: "../../etc/passwd". Returns a descriptor, which the scan closes, or -1. */
typedef int ma_open_fn(void *ctx, const char *label, const char *rel);
/* Sets the function that opens external files. With open_file NULL ma_scan_path opens files below
 * the model's folder, without following links; ma_scan_fd and ma_scan_mem open none, and the
 * report is incomplete. */
MA_API void ma_scanner_resolver(ma_scanner *s, ma_open_fn *open_file, void *ctx);
MA_API void ma_scanner_free(ma_scanner *s);
/* Stops the current scan. Callable from any thread and from a signal handler. */
MA_API void ma_cancel(ma_scanner *s);

/* MA_OK means that *out is a report, whatever its verdict is. fd is borrowed and must be a regular
 * file; its offset is neither used nor changed. */
MA_API ma_status ma_scan_fd(ma_scanner *s, int fd, const char *label, ma_report **out);
MA_API ma_status ma_scan_path(ma_scanner *s, const char *path, ma_report **out);
MA_API ma_status ma_scan_mem(ma_scanner *s, const void *p, size_t n, const char *label,
                             ma_report **out);

MA_API ma_verdict ma_report_verdict(const ma_report *r);
/* Number of files. */
MA_API size_t ma_report_files(const ma_report *r);
/* SHA-256 (32 bytes) of a file as it was read, or NULL when it has no digest. */
MA_API const uint8_t *ma_report_sha256(const ma_report *r, size_t file);
/* Number of findings in all files. */
MA_API size_t ma_report_count(const ma_report *r);
/* Finding i, or NULL for i >= ma_report_count(r). */
MA_API const ma_finding *ma_report_at(const ma_report *r, size_t i);
MA_API const char *ma_finding_rule(const ma_finding *f);
MA_API ma_severity ma_finding_severity(const ma_finding *f);
/* The object that holds the finding: "m.pt!/data.pkl". */
MA_API const char *ma_finding_where(const ma_finding *f);
/* Offset in that object. */
MA_API uint64_t ma_finding_offset(const ma_finding *f);
/* An excerpt of bounded length, safe to print. */
MA_API const char *ma_finding_evidence(const ma_finding *f);
MA_API void ma_report_free(ma_report *r);

typedef enum { MA_AS_TEXT, MA_AS_JSON } ma_form;
/* Writes the report as text or JSON. *out has n bytes and a NUL after them; free it with
 * ma_buf_free. */
MA_API ma_status ma_report_write(const ma_report *r, ma_form form, char **out, size_t *n);

/* --- signing and verifying (docs/ATTESTATION.md) ------------------------------ */
/* Loads a private key, or with private_key 0 a public key, from a PEM file. passphrase is that of
 * an encrypted key, or NULL. MA_E_KEY: the key is not usable. */
MA_API ma_status ma_key_load(const char *path, int private_key, const char *passphrase,
                             ma_key **out);
/* Signs a message of size bytes. Writes DER (ECDSA) or raw (Ed25519) to sig, at most *n bytes, and
 * its size to *n. Returns 0 on success. */
typedef int ma_sign_fn(void *ctx, const uint8_t *message, size_t size, uint8_t *sig, size_t *n);
/* A key whose private half is elsewhere (a KMS, a token): sign makes the signatures. */
MA_API ma_status ma_key_external(const char *public_path, ma_sign_fn *sign, void *ctx,
                                 ma_key **out);
MA_API void ma_key_free(ma_key *k);
/* Signs the report as a Sigstore bundle. *out has n bytes and a NUL after them; free it with
 * ma_buf_free. MA_E_IO: a file has no digest. */
MA_API ma_status ma_attest(const ma_report *r, const ma_key *k, char **out, size_t *n);
/* Called once for each reason of a failed verification: a stable machine-readable code, the file
 * it is about or NULL, and a text. All are valid during the call only. */
typedef void ma_cause_fn(void *ctx, const char *slug, const char *file, const char *text);
/* Verifies a signed scan against the model on disk. MA_OK: verified. MA_E_VERIFY: not verified.
 * MA_E_IO: a file could not be read. Every reason goes to on_cause, which may be NULL. A scan
 * without sandbox, like those of this library, is accepted when allow_no_sandbox is not 0. */
MA_API ma_status ma_verify(const char *model, const char *bundle, const ma_key *k,
                           int allow_no_sandbox, ma_cause_fn *on_cause, void *ctx);
/* Verifies an open file, whose name in the bundle is given. */
MA_API ma_status ma_verify_fd(int fd, const char *name, const char *bundle, const ma_key *k,
                              int allow_no_sandbox, ma_cause_fn *on_cause, void *ctx);
/* Frees a text or buffer that a function returned. */
MA_API void ma_buf_free(void *p);
MA_API const char *ma_version(void);
#ifdef __cplusplus
}
#endif
#endif
