#!/usr/bin/env bash
# clamd's protocol: a client of our own, and clamdscan where it is installed.  usage: clamd.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
W=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$W"' EXIT
. tests/serve/daemon.sh
corpus_files "$W/made" pickle/os-system-reduce pickle/plain-data torch/state-dict torch/os-system
root=$W/root; mkdir -p "$root/sub/deep"
cp "$W/made/torch/state-dict.pt" "$root/a.pt"; cp "$W/made/torch/os-system.pt" "$root/b.pt"
head -c -1 "$W/made/pickle/plain-data.pkl" > "$root/cut.pkl"
cp "$root/a.pt" "$root/sub/deep/"$'new\nline\x1b[2J.pt'; cp "$root/a.pt" "$root/sub/"$'\xff.pt'; ln -s /etc/passwd "$root/link"
start --clamd "unix:$W/c.sock" --root "$root" --max-upload 5000000 --idle-seconds 5
out=$(python3 tests/serve/clamd.py "$W/c.sock" "$root" "$root/a.pt" "$root/b.pt" "$root/cut.pkl"); code=$?
echo "$out" | grep -v passed
p=$(grep -oE '^[0-9]+ passed' <<<"$out" | cut -d' ' -f1); f=$(grep -oE '[0-9]+ failed' <<<"$out" | cut -d' ' -f1)
passed=$((passed + ${p:-0})); failed=$((failed + ${f:-1}))
[ $code = 0 ] || [ "${f:-0}" != 0 ] || failed=$((failed + 1))
is 'socket is for its owner and group' 660 "$(stat -c %a "$W/c.sock")"
if command -v clamdscan >/dev/null; then
  printf 'LocalSocket %s\n' "$W/c.sock" > "$W/clamd.conf"
  for how in --fdpass --stream ''; do
    out=$(clamdscan -c "$W/clamd.conf" $how "$root/a.pt" 2>&1); is "clamdscan $how clean" 0 $?; has "clamdscan $how clean" 'OK$' "$out"
    out=$(clamdscan -c "$W/clamd.conf" $how "$root/b.pt" 2>&1); is "clamdscan $how bad" 1 $?; has "clamdscan $how bad" 'MA\..* FOUND$' "$out"
    out=$(clamdscan -c "$W/clamd.conf" $how "$root/cut.pkl" 2>&1); is "clamdscan $how cut" 2 $?
  done
  out=$(clamdscan -c "$W/clamd.conf" -m "$root" 2>&1); has 'clamdscan -m' 'b.pt: MA\..* FOUND' "$out"
else echo "clamd: no clamdscan here: Debian's client is not run"; fi
head -c 6000000 /dev/zero > "$root/large.bin"
out=$(python3 tests/serve/ask_clamd.py "$W/c.sock" "zSCAN $root/large.bin\\0")
has 'SCAN beyond --max-upload' 'large.bin: larger than this gate takes .* ERROR' "$out"
rm "$root/large.bin"
sleep 0.3; before=$(descriptors); for i in 1 2 3 4 5; do python3 tests/serve/ask_clamd.py "$W/c.sock" 'zINSTREAM\0\0\0\1\0abc' --no-answer; done; sleep 0.4
is 'descriptors' "$before" "$(descriptors)"
"$S" --listen 127.0.0.1:0 --clamd 0.0.0.0:0 --spool "$W" $box 2>"$W/err"; is 'clamd beyond loopback' 2 $?
"$S" --listen 127.0.0.1:0 --clamd "unix:$W/c.sock" --spool "$W" $box 2>"$W/err"; is 'a second daemon' 2 $?
stop; is 'ends well' 0 $?
finish clamd
