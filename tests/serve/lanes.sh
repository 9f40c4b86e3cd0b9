#!/usr/bin/env bash
# The order of requests that wait: lanes, then time; large files never take the last helper.  usage: lanes.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v curl >/dev/null || { echo "lanes: no curl here: the daemon is not run"; echo "0 passed, 0 failed"; exit; }
W=$(mktemp -d); trap 'kill -CONT $(pgrep -P "${PID:-0}") 2>/dev/null; kill $(jobs -p) 2>/dev/null; rm -rf "$W"' EXIT
. tests/serve/daemon.sh
corpus_files "$W/made" pickle/plain-data torch/state-dict
clean=$W/made/torch/state-dict.pt; head -c 17000000 /dev/zero > "$W/large.pt"
metric() { curl -s "$URL/metrics" | grep "^modelassay_$1 " | cut -d' ' -f2; }
# until METRIC VALUE
until_() { for _ in $(seq 100); do [ "$(metric "$1")" = "$2" ] && return; sleep 0.05; done; }
send() { curl -s -o /dev/null -w '%{http_code}\n' -T "$1" "$URL/v1/scan/$2" >> "$W/codes" & }
# Two helpers; the second is held, as if it had a file of 70 GB.
start --helpers 2
second=$(pgrep -P $PID | sort -n | tail -1); kill -STOP "$second"
for i in 1 2 3; do send "$W/large.pt" "large$i.pt"; done
until_ 'waiting{lane="upload"}' 2
is 'large ones wait, and do not take the first helper' 2 "$(metric 'waiting{lane="upload"}')"
is 'one helper is at work' 1 "$(metric helpers_busy)"
for i in 1 2 3 4; do is 'small ones pass' 200 "$(put "$clean" "small$i.pt")"; done
kill -CONT "$second"; until_ 'scans_total{verdict="incomplete"}' 3
is 'the large ones had their turn' 3 "$(metric 'scans_total{verdict="incomplete"}')"
is 'first come, first served' 'large' "$(grep -oE '"name":"large[0-9]' "$W/log" | head -1 | grep -oE large)"
stop
# One helper, held: requests that wait are served by lane, then by time.
start --helpers 1; : > "$W/codes"
only=$(pgrep -P $PID); kill -STOP "$only"
send "$clean" 'first.pt'; until_ helpers_busy 1
n=0
for lane in backfill upload interactive backfill upload interactive; do
  send "$clean" "$((++n)).pt?lane=$lane"; sleep 0.1                 # one after the other
  until_ "waiting{lane=\"$lane\"}" $(( (n + 2) / 3 ))
done
is 'two wait in each lane' '2 2 2' "$(metric 'waiting{lane="interactive"}') $(metric 'waiting{lane="upload"}') $(metric 'waiting{lane="backfill"}')"
kill -CONT "$only"; until_ 'scans_total{verdict="clean"}' 7
is 'order' 'first 3 6 2 5 1 4 ' "$(grep -oE '"name":"[a-z0-9]+\.pt"' "$W/log" | grep -oE '[a-z0-9]+\.' | tr '.\n' ' ' | tr -s ' ')"
# Ended while requests wait: those are answered 503.
kill -STOP "$only"; : > "$W/codes"
send "$clean" a.pt; until_ helpers_busy 1; send "$clean" b.pt; until_ 'waiting{lane="upload"}' 1
kill -TERM $PID; sleep 0.2; kill -TERM $PID; wait $PID; is 'ends at the second signal' 0 $?
for _ in $(seq 40); do [ "$(wc -l < "$W/codes")" = 2 ] && break; sleep 0.05; done
is 'both are answered 503' '503 503' "$(tr '\n' ' ' < "$W/codes" | sed 's/ $//')"
finish lanes
