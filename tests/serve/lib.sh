# lib.sh - what the tests of the daemon share; sourced with W (a folder of their own) and M (the scanner) set.
S=$(dirname "$M")/modelassay-serve
passed=0 failed=0 URL= PID=
ok() { if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); shift; echo "not ok - $*"; fi; }
# is NAME WANTED GOT
is() { [ "$2" = "$3" ]; ok $? "$1: wanted $2, got $3"; }
# has NAME PATTERN TEXT
has() { grep -qE -- "$2" <<<"$3"; ok $? "$1: no /$2/ in: $(head -c 600 <<<"$3")"; }
# Without a sandbox in this kernel or build, the helpers parse.
box=; "$M" scan --require-sandbox "$W/made/pickle/plain-data.pkl" >/dev/null 2>&1 || box=--no-sandbox
# start OPTIONS...: on a free port; the log is $W/log.
start() {
  : > "$W/log"
  "$S" --listen 127.0.0.1:0 --spool "$W" $box "$@" 2>"$W/log" & PID=$!
  for _ in $(seq 200); do
    URL=$(grep -oE '"address":"[0-9.:]+"' "$W/log" | head -1 | cut -d'"' -f4)
    [ -n "$URL" ] && break; kill -0 $PID 2>/dev/null || break; sleep 0.05
  done
  URL=http://$URL
}
# stop: its exit code.
stop() { kill -TERM $PID 2>/dev/null; wait $PID; }
status() { curl -s -o "$W/body" -w '%{http_code}' "$@"; }
put() { status -T "$1" "$URL/v1/scan/${2:-$(basename "$1")}"; }
