#!/usr/bin/env bash
# The box: what a worker may do, and what becomes of a file whose worker dies.  usage: box.sh BINARY
set -u
M=$(realpath "$1")
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)
python3 "$here/tests/corpus_builder.py" "$here/corpus" "$D/made" pickle/os-system-reduce pickle/plain-data torch/state-dict >/dev/null
cd "$D" || exit 1
passed=0 failed=0
# t EXIT PATTERN COMMAND...
t() {
  local want=$1 pattern=$2 out code; shift 2
  out=$("$@" 2>&1); code=$?
  if [ $code = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $*: exit $code, expected $want with '$pattern':"; head -5 <<<"$out"; fi
}
kind=$("$M" scan --format json made/pickle/plain-data.pkl 2>/dev/null | grep -oE '"sandbox":.*' | grep -oE 'none|seccomp[+a-z]*')
t 0 '"sandbox":.*none'                   "$M" scan --no-sandbox --format json made/pickle/plain-data.pkl
t 2 'exclude each other'                 "$M" scan --no-sandbox --require-sandbox made/pickle/plain-data.pkl
if [ "$kind" = none ]; then
  t 2 'has no sandbox'                   "$M" scan --require-sandbox made/pickle/plain-data.pkl
  echo "box: $passed passed, $failed failed (no sandbox here: the rest was left out)"
  [ $failed = 0 ]; exit
fi
t 0 'clean'                              "$M" scan --require-sandbox made/pickle/plain-data.pkl
t 1 'malicious'                          "$M" scan --require-sandbox made/pickle/os-system-reduce.pkl
# Both ways say the same.
for f in $(find made -type f); do
  t 0 'same' bash -c "diff <('$M' scan --format json $f | grep -vE 'started|finished|sandbox') <('$M' scan --no-sandbox --format json $f | grep -vE 'started|finished|sandbox') && echo same"
done
# As many at a time as one likes: the same report, in the same order, and nothing left open or running.
for j in 1 3 64; do "$M" scan --format json -j $j made > j$j.json; done
for j in 3 64; do
  t 0 'same' bash -c "diff <(grep -vE 'started|finished' j1.json) <(grep -vE 'started|finished' j$j.json) && echo same"
done
t 0 'same' bash -c "diff <(ulimit -n 24; '$M' scan --format json -j 4 made | grep -vE 'started|finished') <(grep -vE 'started|finished' j1.json) && echo same"
t 64 'bad value for -j'                  "$M" scan -j 0 made
# A worker that is killed is one incomplete file; the scan of the others goes on.
mkdir many; cp made/pickle/plain-data.pkl many/a.pkl; head -c 3000000000 /dev/zero > many/b.pt; cp made/pickle/plain-data.pkl many/c.pkl
( for i in $(seq 400); do             # the worker of b.pt: a child of the scan that lives longer than a moment
    for p in $(pgrep -f "scan many"); do
      parent=$(ps -o ppid= -p "$p" | tr -d ' ')
      if [ -n "$parent" ] && tr '\0' ' ' < "/proc/$parent/cmdline" 2>/dev/null | grep -q "scan many" && sleep 0.1 && kill -9 "$p" 2>/dev/null; then exit; fi
    done; sleep 0.02
  done ) 2>/dev/null &
t 2 'b.pt: its worker was killed by signal 9' "$M" scan many
wait
t 2 'limit file_seconds reached'         "$M" scan --max-file-seconds 0 many/b.pt
# Interrupted: 128 + signal, and no worker is left.
timeout -s INT 0.3 "$M" scan many >/dev/null 2>&1; code=$?
t 0 'yes' bash -c "[ $code = 124 ] || [ $code = 130 ] && echo yes"
sleep 0.7
t 1 '^$' pgrep -f "scan many"
echo "box: $passed passed, $failed failed"
[ $failed = 0 ]
