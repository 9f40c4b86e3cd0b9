"""What the man pages say beyond --help.  A command without an entry gets its one line."""

OVERVIEW = """modelassay reads model files (pickle, PyTorch, safetensors, GGUF, ONNX, NumPy, joblib, archives and compressed
streams around them) without loading, importing or running anything. It says what loading would execute, what is
hidden in the bytes, and what could not be read. What it found can be signed and verified later.

Data goes to standard output, everything else to standard error. There is no network and no telemetry.

Without a command, arguments are paths to scan."""

VERDICTS = [("clean", "every byte was accounted for, and nothing of medium severity or above was found"),
            ("not-a-model", "a file in a folder that no parser claims"),
            ("suspicious", "something that nobody has audited, or that honest writers do not produce"),
            ("incomplete", "something was not read: a limit, an encrypted member, damage, a file that is gone"),
            ("malicious", "loading it runs code, or it hides some")]

EXIT = [("0", "clean, or verified"), ("1", "a finding from the verdict of --fail-on on, or a failed verification"),
        ("2", "incomplete, missing or unreadable input, an unusable key, an output that cannot be written"),
        ("64", "a bad option or a missing argument"), ("130, 143", "ended by a signal")]

ENVIRONMENT = [("NO_COLOR", "when set and not empty: no colours, unless --color always"),
               ("TMPDIR", "where selftest makes its folder (default /tmp)"),
               ("MODELASSAY_LFS", "where hook finds LFS objects (default GIT_DIR/lfs/objects)"),
               ("TERM", "dumb: no progress line, unless --progress always")]

TEXT = {
    "scan": """Scans each PATH: files, folders with all below them, and - for standard input. Symbolic links to files
are followed, those to folders are listed as not scanned. A file that is named here and that no parser knows is
incomplete; one that a folder holds is not-a-model.

Forms of the report: text for people; json (modelassay.report/1, stable) and jsonl (a line a file) for programs;
sarif (2.1.0) for code scanning; hf (safe, suspicious, unsafe, and imports as innocuous, suspicious, dangerous) for
model hubs; md for the summary of a CI step; html, one page without scripts, with a map of each file's bytes.

A file that is left out by --exclude is listed and does not change the exit code, but makes an attestation's
coverage incomplete. The pattern is matched against the path below the named folder and against the last part of it.""",
    "inspect": """Prints every fact that parsers report, one JSON object a line, in the order in which they are found:
what is imported and called, tensors, regions, strings, anomalies. Facts judge nothing; see docs/FACTS.md.""",
    "attest": """Scans PATH and signs the result as an in-toto statement in a Sigstore bundle, whatever the verdict is:
a verifier sees FAILED as well as PASSED. Exits as scan does.""",
    "run": """Copies each PATH to where nobody else can change it, scans the copies (or verifies them with --verify), and when
all of them are clean starts CMD with the copies in the place of the paths: what was checked is what is loaded. Every
argument of CMD that is written just as a PATH is replaced; a PATH that CMD does not name is an error. A file's copy is
a sealed memory file, /proc/self/fd/N to CMD; a folder's is a read-only folder below $TMPDIR, removed afterwards. Both
take as much room as the model. A process of the same user could still change a folder's copy on purpose. CMD's own
exit code is returned; when it is not started, the code is that of scan or verify. --fail-on and --policy say what is
good enough, as in scan.""",
    "verify": """Checks the signature of a bundle, that the files are those that were scanned (none changed, missing,
renamed or added), the verdict, and the age of the scan. Nothing is scanned again.""",
    "keygen": """Writes PREFIX.key (PKCS #8, mode 0600) and PREFIX.pub. An existing key is never overwritten.""",
    "diff": """Compares two reports of scan --format json, file by file: verdicts, bytes, findings, imports and gaps.
Offsets are not compared. Exits 1 when a file is worse than before, or a file that is not clean is new.""",
    "explain": """Says what a rule means, why it matters, and where to read on.""",
    "rules": """list prints all built-in rules. check DIR loads a pack as --rules would, and says what is wrong with it.""",
    "formats": """Says for each format what is read, and what "clean" covers.""",
    "serve": """Runs modelassay-serve, the daemon that stands before a store of models: uploads by HTTP, look-ups by
digest, clamd's protocol. modelassay-serve --help lists its options, docs/GATE.md says how it is used.""",
    "hook": """For a bare git repository: reads what git tells a pre-receive hook, scans each new blob under each of its new
names, and each LFS pointer by the object that it names. Refuses the push with a line a file, and exits 1; what could not be
read whole is refused, too. LFS objects are looked for below GIT_DIR/lfs/objects, or below MODELASSAY_LFS.""",
    "selftest": """Writes two pickles into a folder of its own under TMPDIR, scans them as scan would, and removes them:
one that would run the shell's null command, which must be malicious, and one that is clean. Exits 2 when either is
judged otherwise.""",
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
