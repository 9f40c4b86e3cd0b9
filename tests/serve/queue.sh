#!/usr/bin/env bash
# Files that are queued, the callbacks when they are scanned, and the signed statements.  usage: queue.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v curl >/dev/null || { echo "queue: no curl here: the queue is not run"; echo "0 passed, 0 failed"; exit; }
W=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$W"' EXIT
here=$PWD
. tests/serve/daemon.sh
corpus_files "$W/made" pickle/plain-data pickle/unknown-class torch/state-dict torch/os-system
root=$W/root; mkdir "$root"; cp "$W/made/torch/state-dict.pt" "$root/a.pt"; cp "$W/made/torch/os-system.pt" "$root/b.pt"; ln -s /etc/passwd "$root/link"
echo a-secret-of-the-gate > "$W/secret"; chmod 600 "$W/secret"
(cd "$W" && "$M" keygen k >/dev/null)
(cd "$W" && exec python3 "$here/tests/serve/callback_receiver.py" a-secret-of-the-gate) & receiver=$!
while [ ! -s "$W/port" ]; do sleep 0.05; done
cb=http://127.0.0.1:$(cat "$W/port")/hook/
start --root "$root" --cache "$W/s.db" --key "$W/k.key" --callback "$cb" --callback-secret "$W/secret"
post() { status -d "$1" "$URL/v1/enqueue"; }
is enqueue 202 "$(post "{\"path\":\"$root/a.pt\",\"callback\":\"${cb}a\"}")"
is enqueue 202 "$(post "{\"path\":\"$root/b.pt\",\"callback\":\"${cb}b\",\"lane\":\"interactive\"}")"
is 'no callback' 202 "$(post "{\"path\":\"$root/a.pt\"}")"
is 'not below a root' 404 "$(post '{"path":"/etc/passwd"}')"
is 'a link' 404 "$(post "{\"path\":\"$root/link\"}")"
is 'out of the root' 404 "$(post "{\"path\":\"$root/../made/torch/os-system.pt\"}")"
is 'a folder' 404 "$(post "{\"path\":\"$root\"}")"
is 'elsewhere' 400 "$(post "{\"path\":\"$root/a.pt\",\"callback\":\"http://127.0.0.1:1/hook/\"}")"
is 'another host' 400 "$(post "{\"path\":\"$root/a.pt\",\"callback\":\"${cb%/hook/}@evil/hook/\"}")"
is 'a second header' 400 "$(post "{\"path\":\"$root/a.pt\",\"callback\":\"${cb}x\\r\\nX: y\"}")"
is 'a lane' 400 "$(post "{\"path\":\"$root/a.pt\",\"lane\":\"fast\"}")"
for body in '' '[]' '{' '{"path":1}' '{"path":"a","path":"b"}' '{"path":"/x\u0000"}'; do
  code=$(post "$body"); [ "$code" = 400 ] || [ "$code" = 404 ]; ok $? "body $body: $code"
done
for _ in $(seq 100); do [ "$(grep -c . "$W/received" 2>/dev/null)" = 3 ] && break; sleep 0.1; done
has 'callback of a' '^/hook/a clean True False$' "$(cat "$W/received")"
has 'callback of b, then again' '^/hook/b malicious True True$' "$(cat "$W/received")"
has 'callback of b, then again' '^/hook/b malicious True False$' "$(cat "$W/received")"
# Signed, and accepted by verify.
is bundle 200 "$(status "$URL/v1/bundle/sha256:$(digest "$root/a.pt")?name=a.pt")"
cp "$W/body" "$W/a.json"
(cd "$root" && "$M" verify a.pt --key "$W/k.pub" --bundle "$W/a.json" ${box:+--allow-no-sandbox} >"$W/out" 2>&1); code=$?
is 'verify' 0 $code; [ $code = 0 ] || cat "$W/out"
cp "$root/a.pt" "$W/c.pt"; echo x >> "$W/c.pt"
(cd "$W" && mv c.pt a.pt && "$M" verify a.pt --key k.pub --bundle a.json >/dev/null 2>&1); is 'another file' 1 $?
is 'bundle of a bad one' 200 "$(status "$URL/v1/bundle/sha256:$(digest "$root/b.pt")?name=b.pt")"
cp "$W/body" "$W/b.json"; (cd "$root" && "$M" verify b.pt --key "$W/k.pub" --bundle "$W/b.json" >/dev/null 2>&1); is 'a bad one is refused' 1 $?
is 'bundle of an unknown digest' 404 "$(status "$URL/v1/bundle/sha256:$(printf '1%.0s' $(seq 64))")"
# The key is in the daemon only: no helper has it in its memory.
key=$(openssl pkey -in "$W/k.key" -noout -text | sed -n '/priv:/,/pub:/p' | grep -oE '[0-9a-f]{2}(:[0-9a-f]{2})+' | tr -d ':\n' )
if n=$(python3 tests/serve/find_in_memory.py "$key" $PID 2>/dev/null) && [ "$n" != 0 ]; then
  is 'the key in helpers' 0 "$(python3 tests/serve/find_in_memory.py "$key" $(pgrep -P $PID))"
else echo "queue: memory of processes cannot be read here: that helpers have no key is not run"; fi
stop; is 'ends well' 0 $?
"$S" --listen 127.0.0.1:0 --callback http://host $box 2>/dev/null; is 'a callback without slash' 2 $?
"$S" --listen 127.0.0.1:0 --key "$W/secret" $box 2>/dev/null; is 'no key' 2 $?
kill $receiver
finish queue
