#!/usr/bin/env bash
# gcc -fanalyzer, cppcheck and clang-tidy over parsers, rules and scanner.  usage: lint.sh [gcc|cppcheck|tidy]...
# What they say wrongly stands in allowed.txt, with the reason; all else fails, and so does a line there that
# nothing answers to any more.
set -u
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- gcc cppcheck tidy
flags="-D_GNU_SOURCE -DMA_VERSION=\"0\" -DMA_ENGINE=\"0\" -std=c11 $(pkg-config --cflags libzip libcjson capstone libcrypto)"
files() { find parsers rules scanner -name '*.c' ! -name '*teddy*' | sort; find parsers -name '*teddy*.c'; }
out=$(mktemp); trap 'rm -f "$out"' EXIT
# Each prints lines "FILE:LINE: CHECK: text".
gcc_says() {        # -malloc-leak: it does not follow what is kept in an array; LeakSanitizer does, in check-long
  files | xargs -P"$(nproc)" -n1 gcc $flags -O1 -fanalyzer -Wno-analyzer-malloc-leak -fdiagnostics-plain-output -c -o /dev/null 2>&1 |
    sed -nE 's/^([^ :]+):([0-9]+):[0-9]+: warning: (.*) \[-Wanalyzer-([a-z-]+)\]$/\1:\2: \4: \3/p'
}
cppcheck_says() {
  cppcheck -q -j"$(nproc)" --std=c11 --enable=warning,performance,portability --suppress=missingIncludeSystem -D_GNU_SOURCE \
    -DMA_VERSION='"0"' -DMA_ENGINE='"0"' --template='{file}:{line}: {id}: {message}' parsers rules scanner 2>&1
}
# Left out, each for all of the tree:
#   cert-err33-c            asks for the result of every printf; results that matter are MUST_CHECK
#   easily-swappable        two sizes in a row are no error
#   macro-parentheses       the .def tables and stringification
#   branch-clone            two cases in one line read worse than two lines
#   sizeof-expression       arrays of pointers are meant
#   strcpy, Deprecated...   Annex K is in no libc here; strcpy() is of literals, into rooms that hold them
#   Padding                 tables of a few rows
checks='-*,bugprone-*,clang-analyzer-*,cert-*,-cert-err33-c,-bugprone-easily-swappable-parameters,-bugprone-macro-parentheses'
checks+=',-bugprone-branch-clone,-bugprone-sizeof-expression,-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition'
checks+=',-clang-analyzer-security.insecureAPI.strcpy,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
checks+=',-clang-analyzer-optin.performance.Padding'
tidy_says() {        # one file a process: findings in a file depend on the files before it
  files | xargs -P"$(nproc)" -n1 sh -c 'clang-tidy -quiet --checks="$0" "$@" -- $FLAGS 2>/dev/null' "$checks" |
    sed -nE "s#^$PWD/([^ :]+):([0-9]+):[0-9]+: (warning|error): (.*) \[([^]]+)\]\$#\1:\2: \5: \4#p"
}
export FLAGS="$flags -mavx2"
for tool in "$@"; do
  program=${tool/tidy/clang-tidy}
  if ! command -v "$program" >/dev/null; then
    echo "lint: no $program here (make lint-deps installs it): left out"
  else
    "${tool}_says" | sort -u | sed "s/^/$tool /" >> "$out"
  fi
done
python3 - "$out" tests/lint/allowed.txt "$@" <<'PY'
import re, sys
said = [re.match(r"(\S+) ([^:]+):(\d+): ([^:]+): (.*)", line) for line in open(sys.argv[1])]
allowed, used, bad = {}, set(), 0
for line in open(sys.argv[2]):
    if line.strip() and not line.startswith("#"):
        tool, file, check, reason = line.split(None, 3)
        allowed[tool, file, check] = reason
for m in filter(None, said):
    key = m[1], m[2], m[4]
    used.add(key)
    if key not in allowed:
        bad += 1
        print("not ok -", m[0])
for key in allowed:
    if key[0] in sys.argv[3:] and key not in used:
        bad += 1
        print("not ok - nothing answers any more to:", *key)
print(f"lint: {len(used)} accepted with a reason, {bad} failed")
sys.exit(bad > 0)
PY
