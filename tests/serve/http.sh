#!/usr/bin/env bash
# The daemon by HTTP, as curl and a hostile client see it.  usage: http.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v curl >/dev/null || { echo "serve: no curl here: the daemon is not run"; echo "0 passed, 0 failed"; exit 0; }
W=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; umount "$W/small" 2>/dev/null; rm -rf "$W"' EXIT
python3 tests/mk.py corpus "$W/made" pickle/os-system-reduce pickle/plain-data pickle/unknown-class torch/state-dict torch/os-system >/dev/null
here=$PWD
. tests/serve/lib.sh
clean=$W/made/torch/state-dict.pt bad=$W/made/torch/os-system.pt
start --cache "$W/s.db" --idle-seconds 2
is health 200 "$(status "$URL/healthz")"
is clean 200 "$(put "$clean")"
has clean '"accepted":\s*true' "$(cat "$W/body")"
is digest "$(sha256sum "$clean" | cut -d' ' -f1)" "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["files"][0]["sha256"])' "$W/body")"
is malicious 422 "$(put "$bad")"
has malicious '"retryable":\s*false' "$(cat "$W/body")"
has malicious 'PICKLE-EXEC-001' "$(cat "$W/body")"
is suspicious 422 "$(put "$W/made/pickle/unknown-class.pkl")"
head -c -1 "$W/made/pickle/plain-data.pkl" > "$W/cut.pkl"
is incomplete 422 "$(put "$W/cut.pkl")"
has incomplete '"retryable":\s*false' "$(cat "$W/body")"
is 'what nobody knows' 422 "$(put /etc/passwd)"
: > "$W/none"; is empty 200 "$(put "$W/none")"
# The same report as the scanner's, but for its own words and the name.
cd "$W/made/torch" || exit 1
put os-system.pt >/dev/null
is 'same as a scan' '' "$(python3 - "$M" "$W/body" <<'PY'
import json, subprocess, sys
a = json.loads(subprocess.run([sys.argv[1], "scan", "--format", "json", "os-system.pt"], capture_output=True).stdout)
b = json.load(open(sys.argv[2]))
print("" if a["files"] == b["files"] and a["ruleset"] == b["ruleset"] and a["verdict"] == b["verdict"] else "differs")
PY
)"
cd "$here" || exit 1
# Look-ups.
sha() { sha256sum "$1" | cut -d' ' -f1; }
is 'look-up' 200 "$(status "$URL/v1/verdict/sha256:$(sha "$bad")?name=x.pt")"
has 'look-up' '"verdict":\s*"malicious"' "$(cat "$W/body")"
has 'look-up' 'x.pt!/' "$(cat "$W/body")"
is 'look-up of a clean one' 200 "$(status "$URL/v1/verdict/sha256:$(sha "$clean")")"
has 'look-up of a clean one' '"accepted":\s*true' "$(cat "$W/body")"
is 'suspicious is not remembered' 404 "$(status "$URL/v1/verdict/sha256:$(sha "$W/made/pickle/unknown-class.pkl")")"
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
is 'names: JSON without control characters, and so is the log' '' "$(python3 - "$W"/body.* "$W/log" <<'PY'
import json, sys
for path in sys.argv[1:]:
    text = open(path).read()
    for part in text.splitlines() if path.endswith("log") else [text]:
        json.loads(part)
        if any(ord(c) < 32 and c not in "\n\t" for c in part): print(path)
PY
)"
# The status page: every name is there, and none is more than text.
curl -s "$URL/" > "$W/page"
is 'status page' '' "$(python3 - "$W/page" <<'PY'
import html.parser, sys
text = open(sys.argv[1], encoding="utf-8").read()
class P(html.parser.HTMLParser):
    tags, words = set(), ""
    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if any(k.startswith("on") or k in ("src", "href") for k, _ in attrs): print("attribute", tag, attrs)
    def handle_data(self, data): self.words += data
p = P(); p.feed(text)
if p.tags - set("html head meta title style body h1 h2 p table tr th td code".split()): print(p.tags)
for word in ("state-dict.pt", "malicious", "PICKLE-EXEC-001", '"<script>', "%s%n"):
    if word not in p.words: print("missing", word)
if any(ord(c) < 32 and c != "\n" or ord(c) in (0x202e, 0x9b) for c in p.words): print("controls")
PY
)"
has 'page: policy of its content' "Content-Security-Policy: default-src 'none'" "$(curl -s -D - -o /dev/null "$URL/")"
# What is no request of ours.
is 'no page' 404 "$(status "$URL/nothing")"
is 'no method' 405 "$(status -X DELETE "$URL/v1/scan/x")"
is 'no lane' 400 "$(status -T "$clean" "$URL/v1/scan/x?lane=fast")"
is 'lane' 200 "$(status -T "$clean" "$URL/v1/scan/x.pt?lane=backfill")"
is 'chunked' 200 "$(status -H 'Transfer-Encoding: chunked' -T "$clean" "$URL/v1/scan/x.pt")"
has metrics 'modelassay_scans_total\{verdict="malicious"\} [1-9]' "$(curl -s "$URL/metrics")"
# Half-closed in the middle, and gone in the middle: nothing stays behind.
fds() { ls /proc/$PID/fd | wc -l; }
sleep 0.3; before=$(fds)
python3 - "${URL#http://}" <<'PY'
import socket, sys
host, port = sys.argv[1].split(":")
for half in (True, False):
    for n in (0, 1000):
        s = socket.create_connection((host, int(port))); s.sendall(b"PUT /v1/scan/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"a" * n)
        if half:
            s.shutdown(socket.SHUT_WR); s.settimeout(10)
            try: s.recv(100)
            except OSError: pass
        s.close()
s = socket.create_connection((host, int(port))); s.sendall(b"\x00\xff garbage\r\n\r\n"); s.recv(100); s.close()
PY
sleep 0.5
is 'descriptors' "$before" "$(fds)"
has 'spool is empty' '^modelassay_spool_bytes 0$' "$(curl -s "$URL/metrics")"
# A client that sends its whole file and then closes its half is answered.
has 'half-closed at the end' '^HTTP/1.1 422' "$(python3 - "${URL#http://}" "$bad" <<'PY'
import socket, sys
host, port = sys.argv[1].split(":"); data = open(sys.argv[2], "rb").read()
s = socket.create_connection((host, int(port))); s.sendall(b"PUT /v1/scan/x.pt HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
s.shutdown(socket.SHUT_WR); s.settimeout(10); print(s.recv(100).decode())
PY
)"
# rules_of: the digest of the daemon's rule set, from a report.
rules_of() { put "$bad" >/dev/null; python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["ruleset"]["sha256"])' "$W/body"; }
# Many at once.
n=60; seq $n | xargs -P $n -I{} curl -s -o /dev/null -w '%{http_code}\n' -T "$clean" "$URL/v1/scan/{}.pt" > "$W/many"
is 'many at once' "$n" "$(grep -c '^200$' "$W/many")"
has 'what was finished outlives kill -9' . "$(kill -9 $PID; wait $PID 2>/dev/null; echo gone)"
start --cache "$W/s.db"
is 'remembered' 200 "$(status "$URL/v1/verdict/sha256:$(sha "$bad")")"
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
is 'stale' 404 "$(status "$URL/v1/verdict/sha256:$(sha "$bad")")"
has 'stale' '"stale":true,"ruleset":\{"sha256":"'"$first"'"\}' "$(cat "$W/body")"
is 'stale: no bundle' 404 "$(status "$URL/v1/bundle/sha256:$(sha "$clean")")"
has 'stale: no bundle' '"stale":true' "$(cat "$W/body")"
is 'unknown' 404 "$(status "$URL/v1/verdict/sha256:$(printf '0%.0s' $(seq 64))")"
is 'unknown is not stale' 0 "$(grep -c stale "$W/body")"
is 'suspicious is not stale' 404 "$(status "$URL/v1/verdict/sha256:$(sha "$W/made/pickle/unknown-class.pkl")")"
is 'suspicious is not stale' 0 "$(grep -c stale "$W/body")"
is 'list' 200 "$(status "$URL/v1/stale")"
has 'list' '\{"sha256":"'"$(sha "$bad")"'","ruleset":"'"$first"'"\}' "$(cat "$W/body")"
is 'scanned again' 422 "$(put "$bad")"
is 'not stale any more' 200 "$(status "$URL/v1/verdict/sha256:$(sha "$bad")")"
is 'list' 200 "$(status "$URL/v1/stale?after=0")"
is 'list: without it' 0 "$(grep -c "$(sha "$bad")" "$W/body")"
has 'list: the other one' '"sha256":"'"$(sha "$clean")"'"' "$(cat "$W/body")"
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
# Slow clients are left; others do not wait for them.
start --idle-seconds 1 --upload-seconds 2
python3 - "${URL#http://}" <<'PY' & slow=$!
import socket, sys, time
host, port = sys.argv[1].split(":"); s = socket.create_connection((host, int(port)))
s.sendall(b"PUT /v1/scan/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
try:
    for i in range(40): s.sendall(b"a"); time.sleep(0.25)
except OSError: sys.exit(0)
sys.exit(1)
PY
is 'beside a slow one' 200 "$(put "$clean")"
wait $slow; ok $? 'a slow client is left'
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
  : > "$W/log"                        # or what the one before has said is taken for this one's
  "$S" --listen "unix:$W/h.sock" --spool "$W" $box 2>"$W/log" & PID=$!
  for _ in $(seq 100); do grep -q listening "$W/log" && break; sleep 0.05; done
  is 'unix socket' 200 "$(status --unix-socket "$W/h.sock" -T "$clean" http://gate/v1/scan/x.pt)"
  is 'unix socket: rights' 660 "$(stat -c %a "$W/h.sock")"
  kill -9 $PID; wait $PID 2>/dev/null
done
# Users whom the kernel vouches for; others need a token, and clamd's protocol knows none.
umask 022; echo 0123456789abcdef > "$W/t2"; chmod 600 "$W/t2"
peers() {
  : > "$W/log"
  "$S" --listen "unix:$W/p.sock" --clamd "unix:$W/pc.sock" --spool "$W" $box "$@" 2>"$W/log" & PID=$!
  for _ in $(seq 100); do [ "$(grep -c listening "$W/log")" -ge 2 ] && break; sleep 0.05; done
}
from() { status --unix-socket "$W/p.sock" "$@" -T "$clean" http://gate/v1/scan/x.pt; }
asks() { status --unix-socket "$W/p.sock" http://gate/metrics; }
ping() { python3 -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b"zPING\0"); print(s.recv(99).decode("latin-1").strip("\0"))' "$W/pc.sock"; }
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
# Ends when told, with what runs answered.
start --grace-seconds 10
head -c 150000000 /dev/zero > "$W/zeros.pt"
put "$W/zeros.pt" > "$W/code" & client=$!
sleep 0.3; stop; is 'graceful' 0 $?; wait $client
has 'graceful: answered' '^422$' "$(cat "$W/code")"
is 'no process is left' '' "$(pgrep -f "modelassay-serve.*$W")"
echo "serve: $passed passed, $failed failed"
[ $failed = 0 ]
