#!/usr/bin/env bash
# The verdict store: what it answers, what it never answers, and how a broken or forged store is handled.
# usage: store.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
. tests/shell/assert.sh
here=$PWD
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
corpus_files "$W/made" pickle/os-system-reduce pickle/plain-data pickle/unknown-class torch/state-dict torch/os-system onnx/ext-dots-in-name
cc -shared -fPIC -o "$W/nofork.so" tests/store/nofork.c
cd "$W" || exit 1
kind=$(sandbox_of "$M")
# stored: the program without fork(), so that it answers from the store or not at all.
if [ "$kind" = none ]; then
  echo "store: no sandbox here: that the store answers is not run"
  stored() { "$M" "$@"; }
else
  stored() { LD_PRELOAD=$W/nofork.so "$M" "$@"; }
fi
edit() { python3 "$here/tests/store/edit.py" "$@"; }
forge() { python3 "$here/tests/store/forge.py" "$@"; }
digest() { sha256sum "$1" | cut -d' ' -f1; }
clean=made/torch/state-dict.pt bad=made/torch/os-system.pt

# --- a clean and a malicious verdict are stored, and nothing else ---------------------------------
[ "$kind" = none ] || t 2 'no worker could be started' stored scan --cache s.db $clean
t 0 'state-dict.pt: clean'           "$M" scan --cache s.db $clean
t 0 'state-dict.pt: clean'           stored scan --cache s.db $clean
t 1 'os-system.pt: malicious'        "$M" scan --cache s.db $bad
t 1 'os-system.pt: malicious'        stored scan --cache s.db $bad
is 'rows' 2 "$(edit s.db rows)"
t 1 'suspicious'                     "$M" scan --cache s.db made/pickle/unknown-class.pkl
head -c -1 made/pickle/plain-data.pkl > cut.pt
t 2 'incomplete'                     "$M" scan --cache s.db cut.pt
is 'rows after a suspicious and an incomplete file' 2 "$(edit s.db rows)"

# --- a stored answer is that of a scan, under any name ---------------------------------------------
mkdir -p 'other place'
odd=$'other place/a\x1b[31m\n!b.pt' raw=$'other place/\xff.pt'
cp $bad "$odd"; cp $bad "$raw"
report() { "$@" | grep -vE '"(started|finished)"'; }
for f in $bad $clean "$odd" "$raw"; do
  is "the report of $f" "$(report "$M" scan --format json "$f")" "$(report stored scan --cache s.db --format json "$f")"
done

# --- the name counts each time: a text is not a model as notes.txt and incomplete as notes.pkl ------
mkdir a b
echo hello > a/notes.txt; cp a/notes.txt b/notes.pkl
gzip < a/notes.txt > a/notes.gz; cp a/notes.gz b/model.pkl.gz
"$M" scan --cache s.db a >/dev/null 2>&1
t 2 'notes.pkl: incomplete'          "$M" scan --cache s.db b
t 2 'model.pkl.gz: incomplete'       "$M" scan --cache s.db b
t 2 'notes.txt: incomplete'          "$M" scan --cache s.db a/notes.txt
cp made/pickle/os-system-reduce.pkl a/evil.txt; cp a/evil.txt b/evil.pkl
t 1 'evil.txt: malicious'            "$M" scan --cache s.db a
t 1 'evil.pkl: malicious'            stored scan --cache s.db b/evil.pkl

# --- a policy counts each time ----------------------------------------------------------------------
rules=$("$M" scan --format json $bad | grep -oE '"rule":[^,]*' | grep -oE '[A-Z]+-[A-Z0-9-]+' | sort -u)
waivers=$(printf ", {\"rule\": \"%s\", \"sha256\": \"$(digest $bad)\", \"reason\": \"looked at\", \"expires\": \"2999-01-01\"}" $rules)
echo "{\"waivers\": [${waivers#, }]}" > policy.json
t 0 'clean'                          stored scan --cache s.db --policy policy.json $bad
t 1 'malicious'                      stored scan --cache s.db $bad

# --- files beside a model count each time -------------------------------------------------------------
mkdir ext; cp made/onnx/*.onnx ext/m.onnx; head -c 65536 /dev/zero > ext/a..b.bin
t 0 'm.onnx: clean'                  "$M" scan --cache s.db ext/m.onnx
rm ext/a..b.bin
t 2 'a..b.bin: not there'            stored scan --cache s.db ext/m.onnx

# --- another limit, rule set or sandbox is another entry ------------------------------------------------
[ "$kind" = none ] || t 2 'no worker' stored scan --cache s.db --max-depth 4 $clean
mkdir rules
cat > rules/x.json <<'JSON'
{"pack": "x", "version": "2026.11.1", "rules": [{"id": "X-001", "rev": 1, "severity": "high", "title": "t", "why": "w", "refs": ["CWE-502"],
  "match": {"fact": "object", "format": {"eq": "pytorch-zip"}}, "tests": {"hit": ["x/a"], "miss": ["x/b"]}}]}
JSON
t 1 'X-001'                          "$M" scan --cache s.db --rules rules $clean
t 0 '"sandbox":\s*"none"'            "$M" scan --no-sandbox --format json --cache s.db $clean

# --- a damaged row is a warning and never a verdict -------------------------------------------------------
copy() { cp s.db "$1"; cp s.db-key "$1-key"; }
edit s.db set 'report = zeroblob(length(report))'
t 1 'damaged in one row'             "$M" scan --cache s.db $bad
t 1 'malicious'                      stored scan --cache s.db $bad
t 0 'clean'                          "$M" scan --cache s.db $clean
copy moved.db; edit moved.db swap "$(digest $clean)" "$(digest $bad)"
t 1 'os-system.pt: malicious'        "$M" scan --cache moved.db $bad                # not the row of the other file
for shape in "seal = x'00'" "report = x''" "report = zeroblob(70000)" "report = 'text'" "size = -1"; do
  copy shape.db; edit shape.db set "$shape"
  t 1 'damaged in one row'           "$M" scan --cache shape.db $bad
  t 1 'os-system.pt: malicious'      stored scan --cache shape.db $bad
done

# --- a forged row needs the key: a checksum, another key and a key of zeros are not enough ------------------
head -c 32 /dev/urandom > other.key; head -c 32 /dev/zero > zero.key
for how in sha256 other.key zero.key; do
  copy forged.db; forge forged.db $clean $bad $how
  t 1 'os-system.pt: malicious'      "$M" scan --cache forged.db $bad
  rm -f forged.db*
done
copy forged.db; forge forged.db $clean $bad s.db-key
t 0 'os-system.pt: clean'            stored scan --cache forged.db $bad               # so it is the seal that failed above

# --- a store in a folder that others may write to is not used: SQLite would read their -wal file --------------
mkdir shared; cp s.db shared/v.db; cp s.db-key shared/v.db-key; chmod 600 shared/v.db
forge s.db $clean $bad sha256 copy; cp s.db.forged-wal shared/v.db-wal; chmod 1777 shared
t 1 'others may write to its folder' "$M" scan --cache shared/v.db $bad
t 1 'os-system.pt: malicious'        "$M" scan --cache shared/v.db $bad
chmod 770 shared
t 1 'others may write to its folder' "$M" scan --cache shared/v.db $bad
chmod 755 shared
t 1 'os-system.pt: malicious'        "$M" scan --cache shared/v.db $bad

# --- each file that SQLite opens is checked, and so is the key -------------------------------------------------
for file in "" -wal -shm -journal; do
  copy f.db; : > f.db-wal; : > f.db-shm; : > f.db-journal
  chmod 666 "f.db$file"
  t 1 'not used: others may write to it' "$M" scan --cache f.db $bad
  chmod 600 "f.db$file"; ln "f.db$file" second
  t 1 'not used: .*is a link'        "$M" scan --cache f.db $bad
  rm "f.db$file"; ln -s second "f.db$file"
  t 1 'not used: .*is a link'        "$M" scan --cache f.db $bad
  rm -f f.db* second
done
copy f.db
t 1 'os-system.pt: malicious'        stored scan --cache f.db $bad
if [ "$(id -u)" = 0 ]; then
  : > f.db-journal; chown 65534 f.db-journal
  t 1 'not used: others may write to it' "$M" scan --cache f.db $bad
  rm f.db-journal
  mkdir theirs; cp f.db f.db-key theirs; chown 65534 theirs
  t 1 'others may write to its folder' "$M" scan --cache theirs/f.db $bad
fi
chmod 644 f.db-key
t 1 'its key.* is not a file of mode 0600' "$M" scan --cache f.db $bad
chmod 600 f.db-key; head -c 31 s.db-key > f.db-key
t 1 'its key'                        "$M" scan --cache f.db $bad
rm f.db-key; ln -s s.db-key f.db-key
t 1 'its key'                        "$M" scan --cache f.db $bad

# --- without its key, or with another one, a store answers nothing; it goes on under the key that is there -------
rm f.db-key
t 1 'sealed under another key'       "$M" scan --cache f.db $bad
is 'mode and size of the new key' '600 32' "$(stat -c '%a %s' f.db-key)"
t 1 'os-system.pt: malicious'        stored scan --cache f.db $bad
cp s.db-key f.db-key
t 1 'sealed under another key'       "$M" scan --cache f.db $bad
t 2 'cannot access'                  ls *key.*

# --- the folder may be reached through a link, the store may not --------------------------------------------------
mkdir real; ln -s real linked
t 0 'clean'                          "$M" scan --cache linked/x.db $clean
t 0 'clean'                          stored scan --cache real/x.db $clean

# --- rows of releases without a key are dropped ---------------------------------------------------------------------
edit old.db old
edit old.db old-rows; ok $? 'the table of an old release is not there'
t 0 'clean'                          "$M" scan --cache old.db $clean
is 'rows' 1 "$(edit old.db rows)"
t 1 'no such table'                  python3 "$here/tests/store/edit.py" old.db old-rows

# --- a report of more than 64 KiB is not kept, that of a small file of the same kind is ------------------------------
python3 "$here/tests/store/make_tar.py" large.tar 800
python3 "$here/tests/store/make_tar.py" small.tar 1
before=$(edit s.db rows)
t 1 'large.tar: malicious'           "$M" scan --cache s.db large.tar
is 'rows after a large report' "$before" "$(edit s.db rows)"
t 1 'small.tar: malicious'           "$M" scan --cache s.db small.tar
is 'rows after a small report' $((before + 1)) "$(edit s.db rows)"

# --- a store that is no database, torn, locked or not there is not used -------------------------------------------------
head -c 8192 /dev/urandom > junk.db; chmod 600 junk.db
t 0 'junk.db: the store is not used: corrupted' "$M" scan --cache junk.db $clean
t 1 'malicious'                      "$M" scan --cache junk.db $bad
copy torn.db; dd if=/dev/urandom of=torn.db bs=1 seek=3000 count=6000 conv=notrunc 2>/dev/null
t 1 'malicious'                      "$M" scan --cache torn.db $bad
t 0 'clean'                          "$M" scan --cache torn.db $clean
python3 "$here/tests/store/edit.py" locked.db lock is-locked & locker=$!
while [ ! -e is-locked ]; do sleep 0.05; done; chmod 600 locked.db
t 0 'locked by another process'      "$M" scan --cache locked.db $clean
kill $locker
t 0 'not used'                       "$M" scan --cache /nowhere/x.db $clean
t 0 'not used'                       "$M" scan --cache /dev/null $clean

# --- six processes with one store, none of which reports a problem with it ----------------------------------------------
for i in 1 2 3 4 5 6; do "$M" scan --cache many.db made >"many.$i" 2>&1 & done; wait
t 1 '' grep -l 'store' many.1 many.2 many.3 many.4 many.5 many.6
t 1 'os-system.pt: malicious'        stored scan --cache many.db made/torch/os-system.pt
finish store
