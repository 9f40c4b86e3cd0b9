#!/usr/bin/env bash
# Workers that an attacker controls: their own file is incomplete, no other result changes, nothing false is signed.
# usage: compromised_worker.sh FAULTY-BINARY BINARY
set -u
M=$(realpath "$1") REAL=$(realpath "$2")
cd "$(dirname "$0")/../.." || exit 1
. tests/shell/assert.sh
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
corpus_files "$W/made" pickle/os-system-reduce pickle/plain-data
cd "$W" || exit 1
if [ "$(sandbox_of "$REAL")" = none ]; then
  echo "compromised_worker: no sandbox here (a sanitizer, or the kernel): what workers do is not run"
  echo "compromised_worker: 0 passed, 0 failed"
  exit 0
fi
"$REAL" keygen k >/dev/null
clean=made/pickle/plain-data.pkl

# mode MODE PATTERN: a worker that does MODE.  Its folder holds clean files before and after its file, and a malicious one.
# Twice: with workers that the program forks, and, behind more files than that (FROM of worker.c), with the forkserver's.
FROM=6
mode() { by_case=1; one_mode "$1" "$2" 0; end_case; one_mode "$1" "$2" $FROM; end_case; by_case=; }
one_mode() {
  local mode=$1 pattern=$2 before=$3 i out code d=case-$1-$3 seconds=2
  case $mode in loop | hang) seconds=1 ;; esac            # they last as long as they are let
  mkdir "$d"
  for i in $(seq 1 "$before"); do cp $clean "$d/a$i.pkl"; done
  cp $clean "$d/a.pkl"; cp made/pickle/os-system-reduce.pkl "$d/c.pkl"; cp $clean "$d/d.pkl"
  printf 'MA-FAULT:%s\n' "$mode" > "$d/b.pkl"
  out=$(timeout 60 "$M" scan --max-file-seconds $seconds "$d" 2>&1); code=$?
  is "$mode: exit code" 1 $code
  has "$mode: its own file" "b.pkl: incomplete" "$out"
  has "$mode: the reason" "$pattern" "$out"
  grep -q "a.pkl: clean" <<<"$out" && grep -q "c.pkl: malicious" <<<"$out" && grep -q "d.pkl: clean" <<<"$out"
  ok $? "$mode: the verdicts of the other files: $out"
  rm "$d/c.pkl"
  timeout 60 "$M" attest --max-file-seconds $seconds "$d" --key k.key -o "$d.json" >/dev/null 2>&1
  [ $? != 0 ]; ok $? "$mode: attest exits 0"
  if [ -e "$d.json" ]; then
    "$REAL" verify "$d" --key k.pub --bundle "$d.json" >/dev/null 2>&1
    [ $? != 0 ]; ok $? "$mode: its signature verifies"
  fi
}
mode segv      'killed by signal 11'
mode abort     'killed by signal'
mode stack     'killed by signal 11'
mode loop      'limit file_seconds reached'
mode memory    'out of memory'
mode socket    'a system call that parsers do not need'
mode execve    'a system call that parsers do not need'
mode fork      'a system call that parsers do not need'
mode kill      'a system call that parsers do not need'
mode ptrace    'a system call that parsers do not need'
mode sibling   'a system call that parsers do not need'
mode pair      'a system call that parsers do not need'
mode sendmsg   'a system call that parsers do not need'
mode orphan    'a system call that parsers do not need'
mode modify    'a system call that parsers do not need'
mode other-job 'invalid reply from worker'
mode digest    'invalid reply from worker'
mode length    'invalid reply from worker'
mode rows      'invalid reply from worker'
mode cut       'invalid reply from worker'
mode twice     'invalid reply from worker'
mode silence   'invalid reply from worker'
mode flood     "reply is too long"
mode hang      'limit file_seconds reached'
mode leave     'killed by signal 9'

# --- a worker that answers and does not end: the scan ends, with its answer, and the worker is killed ----
for before in 0 $FROM; do
  mkdir "stay$before"
  for i in $(seq 0 "$before"); do printf 'MA-FAULT:stay\n' > "stay$before/$i.pkl"; done
  out=$(timeout 30 "$M" scan --max-file-seconds 20 "stay$before" 2>&1); code=$?
  [ $code -lt 4 ]; ok $? "stay: exit $code: $out"
  is "stay: files in the report" $((before + 1)) "$(grep -c '(faulty)' <<<"$out")"
done
is 'stay: workers that are left' 0 "$(pgrep -cf "^$M scan")"

# --- opening a file is refused and not fatal ----
for call in open create; do
  printf 'MA-FAULT:%s\n' $call > q.pkl
  out=$("$M" scan q.pkl 2>&1)
  ! grep -q "ended with code 99" <<<"$out"; ok $? "$call succeeded: $out"
done
[ ! -e /tmp/modelassay-was-here ]; ok $? 'a file was made outside the sandbox'

# --- a large file comes through the shared ring: the digest is the file's, and the file is incomplete ----
head -c 40000000 /dev/urandom > body
large_file() { { printf 'MA-FAULT:%s\n' "$1"; cat body; } > large.pkl; }
large() {
  local mode=$1 pattern=$2 out
  by_case=1; large_file "$mode"
  out=$(timeout 60 "$M" scan --format json --max-file-seconds "${3:-5}" large.pkl 2>&1); is "$mode: exit code" 2 $?
  has "$mode" "$pattern" "$out"
  has "$mode: the digest of the file" "$(sha256sum < large.pkl | cut -c1-64)" "$out"
  end_case; by_case=
}
large credits  'invalid reply from worker'
large scribble 'invalid reply from worker'
large loop     'limit file_seconds reached' 2
large segv     'killed by signal 11'
large_file deaf
has 'deaf' 'large.pkl: incomplete' "$(timeout 60 "$M" scan large.pkl 2>&1)"

# --- a key that the parent has read is not in a worker's memory; a text that is there is found ----
printf 'first\n' > phrase; "$REAL" keygen locked --passphrase-file phrase >/dev/null
for key in k "locked --passphrase-file phrase"; do
  name=${key%% *}
  printf 'MA-FAULT:key=%s\n' "$(grep -v -e ----- "$name.key" | tr -d '\n' | cut -c40-200 | rev)" > k.pkl
  "$M" attest k.pkl --key "$name.key" ${key#"$name"} -o k.json > out 2>&1; ok $? "attest with $name: $(cat out)"
  "$REAL" verify k.pkl --key "$name.pub" --bundle k.json >/dev/null 2>&1; ok $? "verify with $name"
done
printf 'MA-FAULT:key=%s\n' 'k:TLUAF-AM' > k.pkl
has 'a text that is in memory' 'code 99' "$("$M" scan k.pkl 2>&1)"
is 'the real program has no parser of this test' 0 "$("$REAL" scan q.pkl | grep -c faulty)"
finish compromised_worker
