#!/usr/bin/env bash
# The sandbox: the same report with and without it, with any number of workers, and when a worker dies.
# usage: sandbox.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
. tests/shell/assert.sh
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
corpus_files "$W/made" pickle/os-system-reduce pickle/plain-data torch/state-dict
cc -D_GNU_SOURCE -shared -fPIC -o "$W/slow.so" tests/cli/lib/slow_reads.c
cd "$W" || exit 1

t 0 '"sandbox":.*none'            "$M" scan --no-sandbox --format json made/pickle/plain-data.pkl
t 2 'exclude each other'          "$M" scan --no-sandbox --require-sandbox made/pickle/plain-data.pkl
if [ "$(sandbox_of "$M")" = none ]; then
  t 2 'has no sandbox'            "$M" scan --require-sandbox made/pickle/plain-data.pkl
  echo "sandbox: no sandbox here: what workers do is not run"
  finish sandbox; exit
fi
t 0 'clean'                       "$M" scan --require-sandbox made/pickle/plain-data.pkl
t 1 'malicious'                   "$M" scan --require-sandbox made/pickle/os-system-reduce.pkl

# --- the same report, however it is made ---------------------------------------
report() { "$M" scan --format json "$@" 2>/dev/null | grep -vE '"(started|finished|sandbox)"'; }
for f in made/*/*; do
  is "$f without a sandbox" "$(report "$f")" "$(report --no-sandbox "$f")"
done
one=$(report -j 1 made)
is 'three workers'             "$one" "$(report -j 3 made)"
is 'sixty-four workers'        "$one" "$(report -j 64 made)"
is 'four workers, few descriptors' "$one" "$(ulimit -n 24; report -j 4 made)"
has 'it is a report' '"verdict":.*malicious' "$one"
t 64 'bad value for -j'           "$M" scan -j 0 made

# --- a worker that is killed is one incomplete file; the scan of the others goes on ---
mkdir many; cp made/pickle/plain-data.pkl many/a.pkl; truncate -s 8M many/b.pt; cp made/pickle/plain-data.pkl many/c.pkl
slowly() { LD_PRELOAD=$W/slow.so "$@"; }
# kill_a_worker: the worker of b.pt is a child of the scan that lives longer than a moment.
kill_a_worker() {
  local p parent
  for _ in $(seq 400); do
    for p in $(pgrep -f "scan many"); do
      parent=$(ps -o ppid= -p "$p" | tr -d ' ')
      if [ -n "$parent" ] && tr '\0' ' ' < "/proc/$parent/cmdline" | grep -q "scan many" && sleep 0.1 && kill -9 "$p"; then return; fi
    done
    sleep 0.02
  done
}
kill_a_worker 2>/dev/null &
t 2 'b.pt: its worker was killed by signal 9' slowly "$M" scan many
wait
t 2 'limit file_seconds reached'  slowly "$M" scan --max-file-seconds 0 many/b.pt

# --- interrupted: 128 and the signal, and no worker is left ----------------------
slowly timeout -s INT 0.3 "$M" scan many >/dev/null 2>&1; code=$?
ok $(( code != 124 && code != 130 )) "interrupted: exit $code"
sleep 0.7
t 1 '^$' pgrep -f "scan many"
finish sandbox
