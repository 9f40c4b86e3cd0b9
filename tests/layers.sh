#!/usr/bin/env bash
# The include rules of docs/ARCHITECTURE.md: a module includes only modules above it in this
# list, each library is included by the modules that may have it, and calls that go the other way,
# through a field of function-pointer type, are listed.
set -eu
cd "$(dirname "$0")/.."
python3 - <<'PY'
import pathlib, re, sys
PARSERS = {str(p) for p in pathlib.Path("parsers").iterdir() if p.is_dir()} - {"parsers/base", "parsers/codec", "parsers/search"}
ORDER = ["parsers/base", "parsers/codec", "parsers/search", *sorted(PARSERS), "parsers", "rules", "scanner/util", "scanner/report",
         "scanner/input", "scanner/judge", "scanner/object", "scanner/scan",
         "scanner/sandbox", "scanner/store", "scanner/attest", "scanner/api", "scanner/cli", "scanner/serve"]
LIBRARIES = {"zip.h": {"parsers/zip"}, "pcre2.h": {"rules"}, "cJSON.h": {"rules", "scanner/report"},
             "cjson/cJSON.h": {"rules", "scanner/report"}, "capstone/capstone.h": {"parsers/search"},
             "zlib.h": {"parsers/codec"}, "bzlib.h": {"parsers/codec"}, "lzma.h": {"parsers/codec"},
             "zstd.h": {"parsers/codec"}, "lz4frame.h": {"parsers/codec"}, "seccomp.h": {"scanner/sandbox"}, "libdeflate.h": {"scanner/input", "scanner/object"}, "sqlite3.h": {"scanner/store"}, "microhttpd.h": {"scanner/serve"},
             "unicase.h": {"scanner/attest"}, "uninorm.h": {"scanner/attest"}, "unistr.h": {"scanner/attest"}}
OPENSSL = {"rules", "scanner/util", "scanner/attest", "scanner/input", "scanner/serve", "scanner/store"}
bad = passed = 0
for path in sorted(pathlib.Path(".").glob("*/**/*.[ch]")):
    module = str(path.parent)
    if module not in ORDER and str(path) != "scanner/modelassay.h":
        if module.split("/")[0] in ("parsers", "rules", "scanner"):
            bad += 1
            print(f"{path}: a module that this table does not know")
        continue
    for line in path.read_text().splitlines():
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not m:
            continue
        kind, what = m.groups()
        ok = True
        if kind == '"':
            header = (path.parent / what).resolve().relative_to(pathlib.Path(".").resolve())
            target = str(header.parent)
            if target in ORDER and target != module:
                ok = ORDER.index(target) < ORDER.index(module) and not (target in PARSERS and module in PARSERS)
        elif what in LIBRARIES:
            ok = module in LIBRARIES[what]
        elif what.startswith("openssl/"):
            ok = module in OPENSSL
        passed += ok
        if not ok:
            bad += 1
            print(f"{path}: may not include {what}")

# Calls from a module to one below it in the list, through a field of function-pointer type that
# this header declares: the modules that implement it.
CALLBACKS = {
    "scanner/input/file_input.h": {"next": {"scanner/sandbox"}},
    "scanner/input/scan_pass.h": {"bytes": {"scanner/sandbox"}, "reserve": {"scanner/sandbox"}, "commit": {"scanner/sandbox"}},
    "scanner/scan/options.h": {
        "scan_in_sandbox": {"scanner/sandbox", "scanner/serve"},
        "start": {"scanner/sandbox"}, "stop": {"scanner/sandbox"},
        "lookup": {"scanner/store", "scanner/serve"}, "store": {"scanner/store", "scanner/serve"},
        "expect": {"scanner/api", "scanner/cli"}, "read": {"scanner/api", "scanner/cli"},
        "on_fact": {"scanner/cli"}, "on_file": {"scanner/cli"}, "open_external": set()},
    "scanner/attest/verify_failure.h": {"sink": {"scanner/api", "scanner/cli"}},
}
FUNCTION = r"[a-z][\w \*]*?\b(\w+)\([^;{}]*\)\s*\{"
source = {str(p): p.read_text() for p in sorted(pathlib.Path("scanner").glob("**/*.[ch]"))}
included = {p: {str((pathlib.Path(p).parent / h).resolve().relative_to(pathlib.Path(".").resolve()))
                for h in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M)} for p, text in source.items()}
module_of = {name: str(pathlib.Path(p).parent) for p, text in source.items()
             for name in re.findall("^(?!static )" + FUNCTION, text, re.M)}


def headers_of(path, seen):
    for header in included.get(path, set()) - seen:
        seen.add(header)
        headers_of(header, seen)
    return seen


def implementers(header, struct, field):
    """Modules of the functions that sources which know the header put into that field."""
    found = set()
    for path, text in source.items():
        if path != header and header not in headers_of(path, set()):
            continue
        module = str(pathlib.Path(path).parent)
        static = set(re.findall("^static " + FUNCTION, text, re.M))
        values = re.findall(rf"(?:\.|->){field}\s*=(?!=)\s*([^;]*?)[;,}}]", text)
        values += re.findall(rf"(?:\(struct {struct}\)|struct {struct} \w+(?:\[\w*\])? =)\s*\{{(.*?)\}}\s*;", text, re.S)
        for name in re.findall(r"\b[a-z]\w+\b(?!\()", " ".join(values)):
            found |= {module} if name in static else {module_of[name]} if name in module_of else set()
    return found - {str(pathlib.Path(header).parent)}


listed = {(header, field) for header, fields in CALLBACKS.items() for field in fields}
for header in source:
    for struct, body in re.findall(r"^struct (\w+) \{\n(.*?)^\}", source[header] if header.endswith(".h") else "", re.M | re.S):
        for field in re.findall(r"\(\*(\w+)\)\(", body):
            found = implementers(header, struct, field)
            want = CALLBACKS.get(header, {}).get(field, set())
            listed.discard((header, field))
            passed += found == want
            if found != want:
                bad += 1
                print(f"{header}: {field} of struct {struct} is implemented by {sorted(found)}, listed {sorted(want)}")
for header, field in sorted(listed):
    bad += 1
    print(f"{header}: no struct has the listed field {field}")
print(f"layers: {passed} passed, {bad} failed")
sys.exit(bad > 0)
PY
