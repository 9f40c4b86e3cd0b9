"""Text of the man pages beyond --help.  A command without an entry gets its one line."""

OVERVIEW = """modelassay reads model files (pickle, PyTorch, safetensors, GGUF, ONNX, NumPy, joblib, archives and compressed
streams around them) without loading, importing or running anything. It reports what loading would execute, what is
hidden in the bytes, and what could not be read. The result can be signed and verified later.

Reports go to standard output, messages to standard error. There is no network and no telemetry.

Without a command, arguments are paths to scan."""

VERDICTS = [("clean", "every byte was accounted for, and nothing of medium severity or above was found"),
            ("not-a-model", "an unrecognised file in a scanned folder (README, image, CSV)"),
            ("suspicious", "contains a name that was not reviewed, or a structure that real tools do not write"),
            ("incomplete", "could not be read completely: a limit, an encrypted member, damage, a missing file"),
            ("malicious", "loading it runs code, or it hides executable content")]

EXIT = [("0", "clean, or verified"), ("1", "a finding that reaches --fail-on, or a failed verification"),
        ("2", "incomplete, missing or unreadable input, an unusable key, an output that cannot be written"),
        ("64", "a bad option or a missing argument"), ("130, 143", "ended by a signal")]

ENVIRONMENT = [("NO_COLOR", "if set and not empty: no colours, unless --color always"),
               ("TMPDIR", "where selftest and run create their folders (default /tmp)"),
               ("MODELASSAY_LFS", "where hook finds LFS objects (default GIT_DIR/lfs/objects)"),
               ("TERM", "dumb: no progress line, unless --progress always")]

TEXT = {
    "scan": """Scans each PATH: files, folders with all below them, and - for standard input. Symbolic links to files
are followed, those to folders are listed as not scanned. A file that is given here and that no parser recognises is
incomplete; one inside a folder is not-a-model.

Forms of the report: text for people; json (modelassay.report/1, stable) and jsonl (a line a file) for programs;
sarif (2.1.0) for code scanning; hf (safe, suspicious, unsafe, and imports as innocuous, suspicious, dangerous) for
model hubs; md for the summary of a CI step; html, one page without scripts, with a map of each file's bytes.

A file that --exclude leaves out is listed and does not change the exit code, but makes the coverage of an
attestation incomplete. The pattern is matched against the path below the given folder and against its last part.""",
    "inspect": """Prints every fact that parsers report, one JSON object a line, in the order in which they are found:
imports and calls, tensors, regions, strings, anomalies. Facts are observations without a verdict; see docs/FACTS.md.""",
    "attest": """Scans PATH and signs the result as an in-toto statement in a Sigstore bundle, whatever the verdict is:
a verifier sees FAILED as well as PASSED. Exits as scan does.""",
    "run": """Makes a private copy of each PATH, scans the copies (or verifies them with --verify), and if all of them are clean
starts CMD with the copies in place of the paths: what was checked is what is loaded. Every argument of CMD that is
written exactly as a PATH is replaced; a PATH that does not appear in CMD is an error. The copy of a file is a sealed
memory file, /proc/self/fd/N for CMD; the copy of a folder is a read-only folder below $TMPDIR, removed afterwards. A
copy takes as much memory or disk space as the model. Another process of the same user could still change the copy of
a folder on purpose. The exit code is that of CMD; if CMD is not started, it is that of scan or verify. --fail-on and
--policy decide what is acceptable, as in scan.""",
    "verify": """Checks the signature of a bundle, that the files are those that were scanned (none changed, missing,
renamed or added), the verdict, and the age of the scan. Nothing is scanned again.""",
    "keygen": """Writes PREFIX.key (PKCS #8, mode 0600) and PREFIX.pub. An existing key is never overwritten.""",
    "diff": """Compares two reports of scan --format json, file by file: verdicts, bytes, findings, imports and gaps.
Offsets are not compared. Exits 1 when a file is worse than before, or a file that is not clean is new.""",
    "explain": """Prints what a rule means, why it matters, and references.""",
    "rules": """list prints all built-in rules. check DIR loads packs as --rules does, and reports errors in them.""",
    "formats": """Prints for each format what is read, and what "clean" covers.""",
    "serve": """Runs modelassay-serve, the daemon between uploads and a model store: uploads over HTTP, lookups by digest,
the clamd protocol. modelassay-serve --help lists its options, docs/GATE.md describes its use.""",
    "hook": """For a bare git repository: reads the input of a pre-receive hook, scans each new blob under each of its new
names, and each LFS pointer by its object. Refuses the push with one line for each file, and exits 1; a file that could not
be read completely is refused, too. LFS objects are searched below GIT_DIR/lfs/objects, or below MODELASSAY_LFS.""",
    "selftest": """Writes two pickles into a new folder below TMPDIR, scans them as scan does, and removes them: one that would
run the shell's null command, which must be malicious, and one that must be clean. Exits 2 if either verdict is wrong.""",
}

EXAMPLES = {
    "scan": ["modelassay scan checkpoint.pt", "modelassay scan --format sarif -o report.sarif models/",
             "find . -name '*.pt' -print0 | modelassay scan -0 --files-from -", "curl -s URL | modelassay scan --name upload -"],
    "inspect": ["modelassay inspect model.pkl | grep '\"fact\":\"call\"'"],
    "attest": ["modelassay keygen release", "modelassay attest models --key release.key"],
    "verify": ["modelassay verify models --key release.pub --max-age 30d"],
    "diff": ["modelassay diff yesterday.json today.json"],
    "explain": ["modelassay explain PICKLE-EXEC-001"],
}
