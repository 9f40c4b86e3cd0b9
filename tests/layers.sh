#!/usr/bin/env bash
# The include rules of docs/ARCHITECTURE.md: a module includes only modules above it in this
# list, and each library is included by the modules that may have it.
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
OPENSSL = {"rules", "scanner/util", "scanner/attest", "scanner/input", "scanner/serve"}
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
print(f"layers: {passed} passed, {bad} failed")
sys.exit(bad > 0)
PY
