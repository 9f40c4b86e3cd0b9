#!/usr/bin/env bash
# The daemon by HTTP, as curl and a hostile client see it.  usage: http.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v curl >/dev/null || { echo "serve: no curl here: the daemon is not run"; echo "0 passed, 0 failed"; exit; }
W=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; umount "$W/small" 2>/dev/null; rm -rf "$W"' EXIT
here=$PWD
. tests/serve/daemon.sh
corpus_files "$W/made" pickle/os-system-reduce pickle/plain-data pickle/unknown-class torch/state-dict torch/os-system
clean=$W/made/torch/state-dict.pt bad=$W/made/torch/os-system.pt
start --cache "$W/s.db" --idle-seconds 2
is health 200 "$(status "$URL/healthz")"
is clean 200 "$(put "$clean")"
has clean '"accepted":\s*true' "$(cat "$W/body")"
is digest "$(digest "$clean")" "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["files"][0]["sha256"])' "$W/body")"
is malicious 422 "$(put "$bad")"
has malicious '"retryable":\s*false' "$(cat "$W/body")"
has malicious 'PICKLE-EXEC-001' "$(cat "$W/body")"
is suspicious 422 "$(put "$W/made/pickle/unknown-class.pkl")"
head -c -1 "$W/made/pickle/plain-data.pkl" > "$W/cut.pkl"
is incomplete 422 "$(put "$W/cut.pkl")"
has incomplete '"retryable":\s*false' "$(cat "$W/body")"
is 'a file that no parser understands' 422 "$(put /etc/passwd)"
: > "$W/none"; is empty 200 "$(put "$W/none")"
# The same report as the scanner's, but for its own words and the name.
cd "$W/made/torch" || exit 1
put os-system.pt >/dev/null
is 'the report is that of a scan' same "$(python3 "$here/tests/serve/compare_with_scan.py" "$M" "$W/body" os-system.pt)"
cd "$here" || exit 1
# Look-ups.
is 'look-up' 200 "$(status "$URL/v1/verdict/sha256:$(digest "$bad")?name=x.pt")"
has 'look-up' '"verdict":\s*"malicious"' "$(cat "$W/body")"
has 'look-up' 'x.pt!/' "$(cat "$W/body")"
is 'look-up of a clean one' 200 "$(status "$URL/v1/verdict/sha256:$(digest "$clean")")"
has 'look-up of a clean one' '"accepted":\s*true' "$(cat "$W/body")"
is 'suspicious is not remembered' 404 "$(status "$URL/v1/verdict/sha256:$(digest "$W/made/pickle/unknown-class.pkl")")"
is 'not a digest' 400 "$(status "$URL/v1/verdict/sha256:ABC")"
is 'unknown digest' 404 "$(status "$URL/v1/verdict/sha256:$(printf '0%.0s' $(seq 64))")"
# A name counts each time.
echo hello > "$W/notes"; is 'as notes.txt' 422 "$(put "$W/notes" notes.txt)"; is 'as notes.pkl' 422 "$(put "$W/notes" notes.pkl)"
# Hostile names.
names=0
for name in '%1b%5b31m' '%0a%0dX-Evil:1' '%ff%fe' '%22%3cscript%3e' '..%2f..%2fetc' "$(printf 'a%.0s' $(seq 3000))" '%e2%80%ae' '%25s%25n' '%00x'; do
  is "name $name" 422 "$(put "$bad" "$name")"
  cp "$W/body" "$W/body.$((++names))"
done
is 'names: JSON without control characters, and so is the log' '' "$(python3 tests/serve/check_json.py "$W"/body.* "$W/log")"
# The status page: every name is there, and none is more than text.
curl -s "$URL/" > "$W/page"
is 'status page' '' "$(python3 tests/serve/check_page.py "$W/page" state-dict.pt malicious PICKLE-EXEC-001 '"<script>' %s%n)"
has 'page: policy of its content' "Content-Security-Policy: default-src 'none'" "$(curl -s -D - -o /dev/null "$URL/")"
# Requests that are not served.
is 'no page' 404 "$(status "$URL/nothing")"
is 'no method' 405 "$(status -X DELETE "$URL/v1/scan/x")"
is 'no lane' 400 "$(status -T "$clean" "$URL/v1/scan/x?lane=fast")"
is 'lane' 200 "$(status -T "$clean" "$URL/v1/scan/x.pt?lane=backfill")"
is 'chunked' 200 "$(status -H 'Transfer-Encoding: chunked' -T "$clean" "$URL/v1/scan/x.pt")"
has metrics 'modelassay_scans_total\{verdict="malicious"\} [1-9]' "$(curl -s "$URL/metrics")"
# Clients that half-close or disconnect in the middle: no descriptor and no spool file is left.
sleep 0.3; before=$(descriptors)
python3 tests/serve/hostile_client.py "${URL#http://}" cut
sleep 0.5
is 'descriptors' "$before" "$(descriptors)"
has 'spool is empty' '^modelassay_spool_bytes 0$' "$(curl -s "$URL/metrics")"
# A client that sends its whole file and then closes its half is answered.
has 'half-closed at the end' '^HTTP/1.1 422' "$(python3 tests/serve/hostile_client.py "${URL#http://}" half-close "$bad")"
# rules_of: the digest of the daemon's rule set, from a report.
rules_of() { put "$bad" >/dev/null; python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["ruleset"]["sha256"])' "$W/body"; }
# Many at once.
n=60; seq $n | xargs -P $n -I{} curl -s -o /dev/null -w '%{http_code}\n' -T "$clean" "$URL/v1/scan/{}.pt" > "$W/many"
is 'many at once' "$n" "$(grep -c '^200$' "$W/many")"
has 'finished verdicts outlive kill -9' . "$(kill -9 $PID; wait $PID 2>/dev/null; echo gone)"
start --cache "$W/s.db"
is 'remembered' 200 "$(status "$URL/v1/verdict/sha256:$(digest "$bad")")"
first=$(rules_of)
is 'nothing is stale' '{"ruleset":{"sha256":"'"$first"'"},"stale":[],"next":null}' "$(curl -s "$URL/v1/stale")"
stop; is 'ends well' 0 $?
# Other rules: what was stored is stale until it is scanned again. An unknown digest is only unknown.
mkdir "$W/rules"
cat > "$W/rules/x.json" <<'J'
{"pack": "x", "version": "2026.11.1", "rules": [{"id": "X-001", "rev": 1, "severity": "high", "title": "t", "why": "w", "refs": ["CWE-502"],
  "match": {"fact": "object", "format": {"eq": "gguf"}}, "tests": {"hit": ["x/a"], "miss": ["x/b"]}}]}
J
start --cache "$W/s.db" --rules "$W/rules"
is 'stale' 404 "$(status "$URL/v1/verdict/sha256:$(digest "$bad")")"
has 'stale' '"stale":true,"ruleset":\{"sha256":"'"$first"'"\}' "$(cat "$W/body")"
is 'stale: no bundle' 404 "$(status "$URL/v1/bundle/sha256:$(digest "$clean")")"
has 'stale: no bundle' '"stale":true' "$(cat "$W/body")"
is 'unknown' 404 "$(status "$URL/v1/verdict/sha256:$(printf '0%.0s' $(seq 64))")"
is 'unknown is not stale' 0 "$(grep -c stale "$W/body")"
is 'suspicious is not stale' 404 "$(status "$URL/v1/verdict/sha256:$(digest "$W/made/pickle/unknown-class.pkl")")"
is 'suspicious is not stale' 0 "$(grep -c stale "$W/body")"
is 'list' 200 "$(status "$URL/v1/stale")"
has 'list' '\{"sha256":"'"$(digest "$bad")"'","ruleset":"'"$first"'"\}' "$(cat "$W/body")"
is 'scanned again' 422 "$(put "$bad")"
is 'not stale any more' 200 "$(status "$URL/v1/verdict/sha256:$(digest "$bad")")"
is 'list' 200 "$(status "$URL/v1/stale?after=0")"
is 'list: without it' 0 "$(grep -c "$(digest "$bad")" "$W/body")"
has 'list: the other one' '"sha256":"'"$(digest "$clean")"'"' "$(cat "$W/body")"
for after in -1 x 99999999999999999999 9223372036854775808 1x; do is "after=$after" 400 "$(status "$URL/v1/stale?after=$after")"; done
is 'past the end' '[]' "$(curl -s "$URL/v1/stale?after=9223372036854775807" | grep -o '\[\]')"
stop; start
is 'no store' 404 "$(status "$URL/v1/stale")"
stop
# Caps.
head -c 3000000 /dev/zero > "$W/big"; start --max-upload 2000000
is 'too large' 413 "$(put "$W/big")"
is 'too large, chunked' 413 "$(status -H 'Transfer-Encoding: chunked' -H 'Expect:' -T "$W/big" "$URL/v1/scan/x")"
is 'still there' 200 "$(put "$clean")"
stop; start --max-spool 2000000
is 'too many bytes' 429 "$(put "$W/big")"
has 'Retry-After' '^Retry-After: [0-9]+' "$(curl -s -D - -o /dev/null -T "$W/big" "$URL/v1/scan/x" | tr -d '\r')"
stop
# Limits of a scan, in the scanner's spelling and in the one of older releases.
for option in --max-facts=0 '--limit facts=0'; do
  start $option
  is "$option" 422 "$(put "$clean")"; has "$option" 'limit facts reached' "$(cat "$W/body")"
  stop
done
# A full disk.
mkdir "$W/small"
if mount -t tmpfs -o size=1m tmpfs "$W/small" 2>/dev/null; then
  start --spool "$W/small"
  is 'disk full' 503 "$(put "$W/big")"; has 'disk full' '"retryable":true' "$(cat "$W/body")"
  is 'room again' 200 "$(put "$clean")"
  stop
else echo "serve: tmpfs cannot be mounted here: the full disk is not run"; fi
# Slow clients are disconnected; others do not wait for them.
start --idle-seconds 1 --upload-seconds 2
python3 tests/serve/hostile_client.py "${URL#http://}" slow & slow=$!
is 'beside a slow one' 200 "$(put "$clean")"
wait $slow; ok $? 'a slow client is not disconnected'
stop
# A helper that dies is one answer, and the last one ends the daemon.
start --helpers 2
h=$(pgrep -P $PID | head -1); kill -9 "$h"
is 'helper died' 503 "$(put "$clean")"; has 'helper died' '"retryable":\s*true' "$(cat "$W/body")"
is 'the other one' 200 "$(put "$clean")"
kill -9 $(pgrep -P $PID) 2>/dev/null; put "$clean" >/dev/null; wait $PID; is 'no helper left' 2 $?
# Tokens.
echo 0123456789abcdef > "$W/t"; chmod 600 "$W/t"; start --token-file "$W/t"
is 'no token' 401 "$(put "$clean")"
is 'wrong token' 401 "$(status -H 'Authorization: Bearer 0123456789abcdeX' -T "$clean" "$URL/v1/scan/x")"
is 'token' 200 "$(status -H 'Authorization: Bearer 0123456789abcdef' -T "$clean" "$URL/v1/scan/x.pt")"
is 'health without token' 200 "$(status "$URL/healthz")"
is 'metrics without token' 401 "$(status "$URL/metrics")"
stop
"$S" --listen 0.0.0.0:0 --spool "$W" $box 2>"$W/err"; is 'beyond loopback without token' 2 $?
has 'beyond loopback without token' 'token' "$(cat "$W/err")"
chmod 644 "$W/t"; "$S" --listen 127.0.0.1:0 --token-file "$W/t" $box 2>"$W/err"; is 'a token for all' 2 $?
echo short > "$W/t"; chmod 600 "$W/t"; "$S" --listen 127.0.0.1:0 --token-file "$W/t" $box 2>/dev/null; is 'a short token' 2 $?
"$S" --wrong 2>/dev/null; is usage 64 $?
# A unix socket asks for no token; a stale one is replaced.
for _ in 1 2; do
  : > "$W/log"                        # or the line of the daemon before is taken for this one's
  "$S" --listen "unix:$W/h.sock" --spool "$W" $box 2>"$W/log" & PID=$!
  for _ in $(seq 100); do grep -q listening "$W/log" && break; sleep 0.05; done
  is 'unix socket' 200 "$(status --unix-socket "$W/h.sock" -T "$clean" http://gate/v1/scan/x.pt)"
  is 'unix socket: rights' 660 "$(stat -c %a "$W/h.sock")"
  kill -9 $PID; wait $PID 2>/dev/null
done
# Users by the UID that the kernel reports; others need a token, which clamd's protocol has not.
umask 022; echo 0123456789abcdef > "$W/t2"; chmod 600 "$W/t2"
peers() {
  : > "$W/log"
  "$S" --listen "unix:$W/p.sock" --clamd "unix:$W/pc.sock" --spool "$W" $box "$@" 2>"$W/log" & PID=$!
  for _ in $(seq 100); do [ "$(grep -c listening "$W/log")" -ge 2 ] && break; sleep 0.05; done
}
from() { status --unix-socket "$W/p.sock" "$@" -T "$clean" http://gate/v1/scan/x.pt; }
asks() { status --unix-socket "$W/p.sock" http://gate/metrics; }
ping() { python3 tests/serve/ask_clamd.py "$W/pc.sock" 'zPING\0'; }
peers --allow-uid 4242 --allow-uid "$(id -u)"
is 'allowed uid' 200 "$(from)"; is 'allowed uid: clamd' PONG "$(ping)"
stop
peers --allow-uid 4242 --token-file "$W/t2"
is 'other uid' 401 "$(asks)"; is 'other uid: clamd' '' "$(ping)"
is 'other uid, token' 200 "$(from -H 'Authorization: Bearer 0123456789abcdef')"
stop
peers --allow-uid 4242
is 'other uid, no token anywhere' 401 "$(asks)"
for i in 1 2 3; do is 'other uid, upload without asking' 401 "$(from -H 'Expect:')"; done        # refused, and not cut off
stop
"$S" --listen 127.0.0.1:0 --allow-uid 0 $box 2>"$W/err"; is 'uids over TCP' 64 $?
"$S" --listen "unix:$W/p.sock" --allow-uid root $box 2>"$W/err"; is 'a name as uid' 64 $?
# Ends after SIGTERM, when running scans are answered.
start --grace-seconds 10
head -c 150000000 /dev/zero > "$W/zeros.pt"
put "$W/zeros.pt" > "$W/code" & client=$!
sleep 0.3; stop; is 'graceful' 0 $?; wait $client
has 'graceful: answered' '^422$' "$(cat "$W/code")"
is 'no process is left' '' "$(pgrep -f "modelassay-serve.*$W")"
finish serve
