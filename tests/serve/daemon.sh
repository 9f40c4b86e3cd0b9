# daemon.sh - what the tests of the daemon share; sourced with W (a folder of their own) and M (the scanner) set.
. tests/shell/assert.sh
S=$(dirname "$M")/modelassay-serve
URL= PID=
# Without a sandbox in this kernel or build, the daemon's helpers parse.
box=; [ "$(sandbox_of "$M")" != none ] || box=--no-sandbox

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

# stop: its status is the exit code of the daemon.
stop() { kill -TERM $PID 2>/dev/null; wait $PID; }

# status CURL-WORDS...: prints the HTTP status; the answer is $W/body.
status() { curl -s -o "$W/body" -w '%{http_code}' "$@"; }

# put FILE [NAME]
put() { status -T "$1" "$URL/v1/scan/${2:-$(basename "$1")}"; }

# descriptors: how many the daemon has open.
descriptors() { ls /proc/$PID/fd | wc -l; }
digest() { sha256sum "$1" | cut -d' ' -f1; }
