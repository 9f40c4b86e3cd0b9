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
here=$PWD
cd "$W" || exit 1
passed=0 failed=0
# t EXIT PATTERN COMMAND...
t() {
  local want=$1 pattern=$2 out code; shift 2
  out=$("$@" 2>&1 </dev/null); code=$?
  if [ $code = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $*: exit $code, expected $want with '$pattern':"; head -5 <<<"$out"; fi
}
rows() { python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from sealed_verdicts").fetchone()[0])' "${1:-s.db}"; }
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
{"pack": "x", "version": "2026.11.1", "rules": [{"id": "X-001", "rev": 1, "severity": "high", "title": "t", "why": "w", "refs": ["CWE-502"],
  "match": {"fact": "object", "format": {"eq": "pytorch-zip"}}, "tests": {"hit": ["x/a"], "miss": ["x/b"]}}]}
J
t 1 'X-001'                          "$M" scan --cache s.db --rules rules $clean
t 0 '"sandbox":\s*"none"'             "$M" scan --no-sandbox --format json --cache s.db $clean
# A broken store is a warning and never a verdict.
python3 - <<'PY'
import sqlite3
c = sqlite3.connect("s.db"); c.execute("update sealed_verdicts set report = zeroblob(length(report))"); c.commit(); c.close()
PY
t 1 'damaged in one row'             "$M" scan --cache s.db $bad
t 1 'malicious'                      only scan --cache s.db $bad
t 0 'clean'                          "$M" scan --cache s.db $clean
copy() { cp s.db "$1"; cp s.db-key "$1-key"; }
# The row of another file, of the same key, and rows of another shape.
copy moved.db
python3 - "$(sha256sum $clean | cut -d' ' -f1)" "$sha" <<'PY'
import sqlite3, sys
c = sqlite3.connect("moved.db"); a, b = (bytes.fromhex(x) for x in sys.argv[1:])
row = c.execute("select size, seal, report from sealed_verdicts where sha256=? order by id", (a,)).fetchall()[0]
c.execute("update sealed_verdicts set size=?, seal=?, report=? where sha256=?", (*row, b)); c.commit(); c.close()
PY
t 1 'os-system.pt: malicious'        "$M" scan --cache moved.db $bad
for shape in "seal = x'00'" "report = x''" "report = zeroblob(70000)" "report = 'text'" "size = -1"; do
  copy shape.db
  python3 -c 'import sqlite3, sys; c = sqlite3.connect("shape.db"); c.execute("update sealed_verdicts set " + sys.argv[1]); c.commit(); c.close()' "$shape"
  t 1 'damaged in one row'           "$M" scan --cache shape.db $bad
  t 1 'os-system.pt: malicious'      only scan --cache shape.db $bad
done
# A forged row needs the key: a checksum, another key and a key of zeros are not enough. Under the right key the
# same row is used, so it is the seal that fails.
forge() { python3 "$here/tests/store/forge.py" "$@"; }
head -c 32 /dev/urandom > other.key; head -c 32 /dev/zero > zero.key
for how in sha256 other.key zero.key; do
  copy forged.db; forge forged.db $clean $bad $how
  t 1 'os-system.pt: malicious'      "$M" scan --cache forged.db $bad
  rm -f forged.db*
done
copy forged.db; forge forged.db $clean $bad s.db-key
t 0 'os-system.pt: clean'            only scan --cache forged.db $bad
# Files of other users beside a store, in a folder that others may write to (as /tmp is): SQLite would read a
# -wal file that is newer than the store.
mkdir shared; cp s.db shared/v.db; cp s.db-key shared/v.db-key; chmod 600 shared/v.db
forge s.db $clean $bad sha256 copy; cp s.db.forged-wal shared/v.db-wal; chmod 1777 shared
t 1 'others may write to its folder' "$M" scan --cache shared/v.db $bad
t 1 'os-system.pt: malicious'        "$M" scan --cache shared/v.db $bad
chmod 770 shared; t 1 'others may write to its folder' "$M" scan --cache shared/v.db $bad
chmod 755 shared; t 1 'os-system.pt: malicious'        "$M" scan --cache shared/v.db $bad
# Each file that SQLite opens is checked, and so is the key.
for file in "" -wal -shm -journal; do
  copy f.db; : > f.db-wal; : > f.db-shm; : > f.db-journal
  chmod 666 "f.db$file"; t 1 'not used: others may write to it' "$M" scan --cache f.db $bad
  chmod 600 "f.db$file"; ln "f.db$file" second; t 1 'not used: .*is a link' "$M" scan --cache f.db $bad
  rm "f.db$file"; ln -s second "f.db$file"; t 1 'not used: .*is a link' "$M" scan --cache f.db $bad
  rm -f f.db* second
done
copy f.db; t 1 'os-system.pt: malicious' only scan --cache f.db $bad
if [ "$(id -u)" = 0 ]; then
  : > f.db-journal; chown 65534 f.db-journal; t 1 'not used: others may write to it' "$M" scan --cache f.db $bad; rm f.db-journal
  mkdir theirs; cp f.db f.db-key theirs; chown 65534 theirs; t 1 'others may write to its folder' "$M" scan --cache theirs/f.db $bad
fi
chmod 644 f.db-key; t 1 'its key.* is not a file of mode 0600' "$M" scan --cache f.db $bad
chmod 600 f.db-key; head -c 31 s.db-key > f.db-key; t 1 'its key' "$M" scan --cache f.db $bad
rm f.db-key; ln -s s.db-key f.db-key; t 1 'its key' "$M" scan --cache f.db $bad
# Without its key, or with another one, a store answers nothing; it goes on under the key that is there.
rm f.db-key; t 1 'sealed under another key'  "$M" scan --cache f.db $bad
t 0 '^600 32$'                       stat -c '%a %s' f.db-key
t 1 'os-system.pt: malicious'        only scan --cache f.db $bad
cp s.db-key f.db-key; t 1 'sealed under another key' "$M" scan --cache f.db $bad
t 2 'cannot access'                  ls *key.*
# The folder may be reached through a link, the store may not.
mkdir real; ln -s real linked; t 0 'clean' "$M" scan --cache linked/x.db $clean
t 0 'clean'                          only scan --cache real/x.db $clean
# Rows of releases without a key are dropped.
python3 - <<'PY'
import os, sqlite3
c = sqlite3.connect("old.db"); c.execute("create table verdicts (sha256 BLOB, ruleset BLOB, engine BLOB, conditions BLOB, size INTEGER NOT NULL, seal BLOB NOT NULL, answer BLOB NOT NULL, kept TEXT DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (sha256, ruleset, engine, conditions)) WITHOUT ROWID"); c.commit(); c.close(); os.chmod("old.db", 0o600)
PY
t 0 'clean'                          "$M" scan --cache old.db $clean
t 0 '^1$'                            rows old.db
t 1 'no such table'                  python3 -c 'import sqlite3; sqlite3.connect("old.db").execute("select * from verdicts")'
# A report of more than 64 KiB is not kept, that of a small file of the same kind is.
python3 - <<'PY'
import io, tarfile
data = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R."
for name, count in ("large.tar", 800), ("small.tar", 1):
    t = tarfile.open(name, "w", format=tarfile.GNU_FORMAT)
    for i in range(count):
        m = tarfile.TarInfo("%03d" % i + "n" * 90 + ".pkl"); m.size = len(data); t.addfile(m, io.BytesIO(data))
    t.close()
PY
before=$(rows); t 1 'large.tar: malicious' "$M" scan --cache s.db large.tar; t 0 "^$before\$" rows
t 1 'small.tar: malicious'           "$M" scan --cache s.db small.tar; t 0 "^$((before + 1))\$" rows
head -c 8192 /dev/urandom > junk.db; chmod 600 junk.db
t 0 'junk.db: the store is not used: corrupted' "$M" scan --cache junk.db $clean
t 1 'malicious'                      "$M" scan --cache junk.db $bad
copy torn.db; dd if=/dev/urandom of=torn.db bs=1 seek=3000 count=6000 conv=notrunc 2>/dev/null
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
# Many at once.
for i in 1 2 3 4 5 6; do "$M" scan --cache many.db made >"many.$i" 2>&1 & done; wait
t 1 '' bash -c 'grep -l "store" many.[1-6]'
t 1 'os-system.pt: malicious'        only scan --cache many.db made/torch/os-system.pt
echo "store: $passed passed, $failed failed"
[ $failed = 0 ]
