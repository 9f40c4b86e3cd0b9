#!/usr/bin/env bash
# Workers that were taken over: what becomes of their file, of the others, and of a signature.
# usage: faulty.sh FAULTY-BINARY BINARY
set -u
M=$(realpath "$1") REAL=$(realpath "$2")
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)
python3 "$here/tests/mk.py" "$here/corpus" "$D/made" pickle/os-system-reduce pickle/plain-data >/dev/null
cd "$D" || exit 1
passed=0 failed=0
ok() { if [ "$1" = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok - $2"; fi; }
kind=$("$REAL" scan --format json made/pickle/plain-data.pkl 2>/dev/null | grep -oE '"sandbox":.*' | grep -oE 'none|seccomp[+a-z]*')
if [ "$kind" = none ]; then
  echo "faulty: no sandbox here (a sanitizer, or the kernel): left out; 1 passed, 0 failed"
  exit 0
fi
"$REAL" keygen k >/dev/null
# mode PATTERN: the folder holds a clean file before it, a malicious one behind it, and one like the first at the end.
# Twice: workers that are forked from the program, and, behind more files than that (FROM of worker.c), from a zygote.
FROM=6
mode() { one_mode "$1" "$2" 0; one_mode "$1" "$2" $FROM; }
one_mode() {
  local mode=$1 pattern=$2 before=$3 i out code d=case-$1-$3
  mkdir "$d"
  for i in $(seq 1 "$before"); do cp made/pickle/plain-data.pkl "$d/a$i.pkl"; done
  cp made/pickle/plain-data.pkl "$d/a.pkl"; cp made/pickle/os-system-reduce.pkl "$d/c.pkl"; cp made/pickle/plain-data.pkl "$d/d.pkl"
  printf 'MA-FAULT:%s\n' "$mode" > "$d/b.pkl"
  out=$(timeout 60 "$M" scan --max-file-seconds 2 "$d" 2>&1); code=$?
  ok $(( code == 1 )) "$mode: exit $code"
  grep -qE "b.pkl: incomplete" <<<"$out"; ok $((! $?)) "$mode: its file is not incomplete: $out"
  grep -qE "$pattern" <<<"$out"; ok $((! $?)) "$mode: no '$pattern' in: $out"
  grep -q "a.pkl: clean" <<<"$out" && grep -q "c.pkl: malicious" <<<"$out" && grep -q "d.pkl: clean" <<<"$out"
  ok $((! $?)) "$mode: the others' verdicts: $out"
  rm "$d/c.pkl"
  timeout 60 "$M" attest --max-file-seconds 2 "$d" --key k.key -o "$d.json" >/dev/null 2>&1
  ok $(( $? != 0 )) "$mode: attest said yes"
  if [ -e "$d.json" ]; then "$REAL" verify "$d" --key k.pub --bundle "$d.json" >/dev/null 2>&1; ok $(( $? != 0 )) "$mode: its signature verifies"; fi
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
# Its answer is whole, so it is as good as any other's; that it does not end holds nobody up, and it is not left behind.
for before in 0 $FROM; do
  mkdir "stay$before"; for i in $(seq 0 "$before"); do printf 'MA-FAULT:stay\n' > "stay$before/$i.pkl"; done
  out=$(timeout 30 "$M" scan --max-file-seconds 20 "stay$before" 2>&1); code=$?
  ok $(( code < 4 )) "stay: exit $code: $out"
  [ "$(grep -c '(faulty)' <<<"$out")" = $((before + 1)) ]; ok $((! $?)) "stay: not all are there: $out"
done
ok $(( $(pgrep -cf "^$M scan") == 0 )) "stay: a worker is left behind"
# Opening is refused, not fatal: the worker goes on, and has nothing.
for quiet in open create; do
  printf 'MA-FAULT:%s\n' $quiet > q.pkl
  out=$("$M" scan q.pkl 2>&1)
  grep -q "ended with code 99" <<<"$out"; ok $(( $? )) "$quiet succeeded: $out"
done
ok $(( ! $(ls /tmp/modelassay-was-here 2>/dev/null | wc -l) )) "a file was made outside"
# A large file comes over the belt: whatever its worker does there, the digest is the file's, and the file is incomplete.
large() {
  local mode=$1 pattern=$2 out
  { printf 'MA-FAULT:%s\n' "$mode"; head -c 40000000 /dev/urandom; } > large.pkl
  out=$(timeout 60 "$M" scan --format json --max-file-seconds 5 large.pkl 2>&1); ok $(( $? == 2 )) "$mode: $out"
  grep -q "$pattern" <<<"$out"; ok $((! $?)) "$mode: no '$pattern' in: $out"
  grep -q "$(sha256sum < large.pkl | cut -c1-64)" <<<"$out"; ok $((! $?)) "$mode: not the digest of the file: $out"
}
large credits  'invalid reply from worker'
large scribble 'invalid reply from worker'
large loop     'limit file_seconds reached'
large segv     'killed by signal 11'
printf 'MA-FAULT:deaf\n' > large.pkl; head -c 40000000 /dev/urandom >> large.pkl
timeout 60 "$M" scan large.pkl 2>&1 | grep -q 'large.pkl: incomplete'; ok $((! $?)) 'deaf: not incomplete'
# What the parent read of a key before it forked is not in a worker's memory; the program itself is found to look.
printf 'first\n' > phrase; "$REAL" keygen locked --passphrase-file phrase >/dev/null
for key in k "locked --passphrase-file phrase"; do
  name=${key%% *}; printf 'MA-FAULT:key=%s\n' "$(grep -v -e ----- "$name.key" | tr -d '\n' | cut -c40-200 | rev)" > k.pkl
  "$M" attest k.pkl --key "$name.key" ${key#"$name"} -o k.json > out 2>&1; ok $(( $? == 0 )) "attest with $name: $(cat out)"
  "$REAL" verify k.pkl --key "$name.pub" --bundle k.json >/dev/null 2>&1; ok $(( $? == 0 )) "verify with $name"
done
printf 'MA-FAULT:key=%s\n' 'k:TLUAF-AM' > k.pkl; "$M" scan k.pkl > out 2>&1; grep -q 'code 99' out; ok $((! $?)) "a text that is in memory is not found: $(cat out)"
[ "$("$REAL" scan q.pkl | grep -c faulty)" = 0 ]; ok $((! $?)) "the real program knows the test's parser"
echo "faulty: $passed passed, $failed failed"
[ $failed = 0 ]
