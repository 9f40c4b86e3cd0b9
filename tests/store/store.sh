#!/usr/bin/env bash
# The verdict store: what it answers, what it never answers, and what becomes of a broken one.  usage: store.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
python3 tests/mk.py corpus "$W/made" pickle/os-system-reduce pickle/plain-data pickle/unknown-class torch/state-dict torch/os-system onnx/ext-dots-in-name >/dev/null 2>&1
# Without fork() no file can be scanned in a worker, so that a verdict can only come from the store.
cat > "$W/nofork.c" <<'C'
#include <errno.h>
#include <sys/types.h>
pid_t fork(void) { errno = EAGAIN; return -1; }
C
gcc -shared -fPIC -o "$W/nofork.so" "$W/nofork.c"
cd "$W" || exit 1
passed=0 failed=0
# t EXIT PATTERN COMMAND...
t() {
  local want=$1 pattern=$2 out code; shift 2
  out=$("$@" 2>&1 </dev/null); code=$?
  if [ $code = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $*: exit $code, expected $want with '$pattern':"; head -5 <<<"$out"; fi
}
rows() { python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from verdicts").fetchone()[0])' "${1:-s.db}"; }
kind=$("$M" scan --format json made/pickle/plain-data.pkl 2>/dev/null | grep -oE '"sandbox":.*' | grep -oE 'none|seccomp[+a-z]*')
if [ "$kind" = none ]; then echo "store: no sandbox here: that the store answers is not run"; fi
only() { if [ "$kind" = none ]; then "$M" "$@"; else LD_PRELOAD=$W/nofork.so "$M" "$@"; fi; }
clean=made/torch/state-dict.pt bad=made/torch/os-system.pt

[ "$kind" = none ] || t 2 'no worker could be started' only scan --cache s.db $clean
t 0 'state-dict.pt: clean'           "$M" scan --cache s.db $clean
t 0 'state-dict.pt: clean'           only scan --cache s.db $clean
t 1 'os-system.pt: malicious'        "$M" scan --cache s.db $bad
t 1 'os-system.pt: malicious'        only scan --cache s.db $bad
t 0 '^2$' rows
# Only clean and malicious are kept.
t 1 'suspicious'                     "$M" scan --cache s.db made/pickle/unknown-class.pkl
head -c -1 made/pickle/plain-data.pkl > cut.pt
t 2 'incomplete'                     "$M" scan --cache s.db cut.pt
t 0 '^2$' rows
# What it says is what a scan says, under whatever name.
mkdir -p 'other place'; odd=$'other place/a\x1b[31m\n!b.pt'; cp $bad "$odd"; cp $bad $'other place/\xff.pt'
same() { diff <("$M" scan --format json "$1" | grep -vE '"(started|finished)"') <(only scan --cache s.db --format json "$1" | grep -vE '"(started|finished)"') && echo same; }
t 0 same same $bad
t 0 same same $clean
t 0 same same "$odd"
t 0 same same $'other place/\xff.pt'
# A name counts each time: what nobody knows is no model as notes.txt and incomplete as notes.pkl.
mkdir a b; echo hello > a/notes.txt; cp a/notes.txt b/notes.pkl
echo hello | gzip > a/notes.gz; cp a/notes.gz b/model.pkl.gz
"$M" scan --cache s.db a >/dev/null 2>&1
t 2 'notes.pkl: incomplete'          "$M" scan --cache s.db b
t 2 'model.pkl.gz: incomplete'       "$M" scan --cache s.db b
t 2 'notes.txt: incomplete'          "$M" scan --cache s.db a/notes.txt
cp made/pickle/os-system-reduce.pkl a/evil.txt; cp a/evil.txt b/evil.pkl
t 1 'evil.txt: malicious'            "$M" scan --cache s.db a
t 1 'evil.pkl: malicious'            only scan --cache s.db b/evil.pkl
# Policies count each time.
sha=$(sha256sum $bad | cut -d' ' -f1)
rules=$("$M" scan --format json $bad | grep -oE '"rule":[^,]*' | grep -oE '[A-Z]+-[A-Z0-9-]+' | sort -u)
python3 - "$sha" $rules > p.json <<'PY'
import json, sys
print(json.dumps({"waivers": [{"rule": r, "sha256": sys.argv[1], "reason": "looked at", "expires": "2999-01-01"} for r in sys.argv[2:]]}))
PY
t 0 'clean'                          only scan --cache s.db --policy p.json $bad
t 1 'malicious'                      only scan --cache s.db $bad
# Files beside it count each time.
mkdir ext; cp made/onnx/*.onnx ext/m.onnx; head -c 65536 /dev/zero > ext/a..b.bin
t 0 'm.onnx: clean'                  "$M" scan --cache s.db ext/m.onnx
rm ext/a..b.bin
t 2 'a..b.bin: not there'            only scan --cache s.db ext/m.onnx
# Another limit, rule set or sandbox: another key.
[ "$kind" = none ] || t 2 'no worker' only scan --cache s.db --max-depth 4 $clean
mkdir rules; cat > rules/x.json <<'J'
[{"id":"X-1","rev":1,"severity":"high","title":"t","why":"w","refs":["CWE-502"],"match":{"fact":"object","all":[]},"tests":{"hit":[],"miss":[]}}]
J
if "$M" rules check rules >/dev/null 2>&1; then t 1 'X-1' "$M" scan --cache s.db --rules rules $clean; fi
t 0 '"sandbox":\s*"none"'             "$M" scan --no-sandbox --format json --cache s.db $clean
# A broken store is a warning and never a verdict.
python3 - <<'PY'
import sqlite3
c = sqlite3.connect("s.db"); c.execute("update verdicts set answer = zeroblob(length(answer))"); c.commit(); c.close()
PY
t 1 'damaged in one row'             "$M" scan --cache s.db $bad
t 1 'malicious'                      only scan --cache s.db $bad
cp s.db good.db
# The answer of another file does not pass for this one's.
python3 - "$(sha256sum $clean | cut -d' ' -f1)" "$sha" <<'PY'
import sqlite3, sys
c = sqlite3.connect("good.db"); a, b = (bytes.fromhex(x) for x in sys.argv[1:])
row = c.execute("select size, seal, answer, conditions from verdicts where sha256=? order by kept", (a,)).fetchall()[0]
c.execute("update verdicts set size=?, seal=?, answer=? where sha256=?", (*row[:3], b)); c.commit(); c.close()
PY
t 1 'os-system.pt: malicious'        "$M" scan --cache good.db $bad
head -c 8192 /dev/urandom > junk.db; chmod 600 junk.db
t 0 'junk.db: the store is not used: corrupted' "$M" scan --cache junk.db $clean
t 1 'malicious'                      "$M" scan --cache junk.db $bad
cp s.db torn.db; dd if=/dev/urandom of=torn.db bs=1 seek=3000 count=6000 conv=notrunc 2>/dev/null
t 1 'malicious'                      "$M" scan --cache torn.db $bad
t 0 'clean'                          "$M" scan --cache torn.db $clean
python3 - <<'PY' & locker=$!
import sqlite3, time
c = sqlite3.connect("locked.db", isolation_level=None); c.execute("create table x(y)"); c.execute("begin exclusive"); open("is-locked", "w"); time.sleep(20)
PY
while [ ! -e is-locked ]; do sleep 0.05; done; chmod 600 locked.db
t 0 'locked by another process'      "$M" scan --cache locked.db $clean
kill $locker
t 0 'not used'                       "$M" scan --cache /nowhere/x.db $clean
t 0 'not used'                       "$M" scan --cache /dev/null $clean
cp s.db open.db; chmod 666 open.db
t 0 'others may write to it'         "$M" scan --cache open.db $clean
# Many at once.
for i in 1 2 3 4 5 6; do "$M" scan --cache many.db made >"many.$i" 2>&1 & done; wait
t 1 '' bash -c 'grep -l "store" many.[1-6]'
echo "store: $passed passed, $failed failed"
[ $failed = 0 ]
