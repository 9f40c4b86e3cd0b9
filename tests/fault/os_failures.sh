#!/usr/bin/env bash
# Outputs that cannot be written, paths that are not regular files, long and odd names, signals.
# usage: os_failures.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
. tests/shell/assert.sh
W=$(mktemp -d); trap 'chmod -R u+w "$W"; rm -rf "$W"' EXIT
corpus_files "$W/made" pickle/os-system-reduce pickle/plain-data
cd "$W" || exit 1
good=made/pickle/plain-data.pkl evil=made/pickle/os-system-reduce.pkl
# The rights of nobody, where this runs as root, who reads and writes everything.
as_nobody=(); [ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 755 . made made/*; chmod 644 made/*/*

# --- outputs -------------------------------------------------------------------
"$M" keygen k >/dev/null
for form in text json jsonl; do
  t 2 'cannot write'                    bash -c "'$M' scan --format $form $good > /dev/full"
  t 2 'cannot write'                    bash -c "'$M' scan --format $form $evil > /dev/full"      # not 1: the finding was not written
done
t 2 'cannot write|No space'             bash -c "'$M' inspect $evil > /dev/full"
t 2 '/dev/full'                         "$M" scan -o /dev/full $good
t 2 '/dev/full'                         "$M" attest $good --key k.key -o /dev/full
t 0 '^(2|141)$'                         bash -c "'$M' scan --format json $good | true; echo \${PIPESTATUS[0]} | sed 's/^0\$/2/'"
mkdir closed; chmod 555 closed; chmod 644 k.key
t 2 'closed'                            "${as_nobody[@]}" "$M" scan --format json -o closed/r.json $good
t 2 'closed'                            "${as_nobody[@]}" "$M" attest $good --key k.key -o closed/b.json
t 2 'closed'                            "${as_nobody[@]}" "$M" keygen closed/k
is 'files in a folder that is read-only' 0 "$(ls -A closed | wc -l)"
echo before > kept.json
t 2 ''                                  "$M" attest no-such-file --key k.key -o kept.json
is 'an output is replaced on success only' before "$(cat kept.json)"

# --- paths that are not regular files ---------------------------------------------
mkdir odd
mkfifo odd/fifo.pkl
ln -s loop2 odd/loop1; ln -s loop1 odd/loop2; ln -s . odd/self; ln -s /dev/zero odd/zero.pt; ln -s nowhere odd/dangling.pkl
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("odd/socket.pkl")'
cp $good odd/good.pkl
report=$(timeout 20 "$M" scan odd 2>&1); is 'a folder of odd files: exit code' 2 $?
has 'a named pipe'            'fifo.pkl: not scanned: not a regular file' "$report"
has 'a socket'                'socket.pkl: not scanned: not a regular file' "$report"
has 'a link to a device'      'zero.pt: not scanned: not a regular file' "$report"
has 'a loop of links'         'loop1: Too many levels' "$report"
has 'a link that leads nowhere' 'dangling.pkl: No such file' "$report"
has 'a file beside them'      'good.pkl: clean' "$report"
for odd in odd/fifo.pkl odd/socket.pkl /dev/zero odd/loop1; do
  t 2 'incomplete'                      timeout 20 "$M" scan $odd
done
cp $good hidden.pkl; chmod 0 hidden.pkl
t 2 'hidden.pkl: Permission denied'     "${as_nobody[@]}" "$M" scan hidden.pkl
mkdir shut; cp $good shut/; chmod 0 shut
t 2 'shut: Permission denied'           "${as_nobody[@]}" "$M" scan shut
chmod 755 shut

# --- names -------------------------------------------------------------------------
long=$(printf 'x%.0s' $(seq 251)).pkl
mkdir names; cp $evil "names/$long"; cp $evil names/$'new\nline.pkl'; cp $evil names/$'raw\xff.pkl'
t 1 "$long: malicious"                  "$M" scan names
t 1 'new\\x0aline.pkl: malicious'       "$M" scan names
t 1 '"path_hex":[[:space:]]*"6e616d65732f726177ff2e706b6c"' "$M" scan --format json names
deep=names
for _ in $(seq 20); do deep=$deep/$(printf 'd%.0s' $(seq 200)); (mkdir -p "$deep") 2>/dev/null || break; done
t 1 'malicious'                         timeout 20 "$M" scan names

# --- signals -----------------------------------------------------------------------
mkdir big; truncate -s 40G big/1.bin big/2.bin                           # sparse: nothing is stored
for signal in INT:130 TERM:143; do
  rm -f out.json
  "$M" scan --format json -o out.json big 2>/dev/null & pid=$!
  sleep 0.3; kill -"${signal%:*}" $pid; wait $pid
  is "$signal: exit code" "${signal#*:}" $?
  [ ! -e out.json ]; ok $? "$signal: an output was written"
  sleep 0.2
  is "$signal: processes that are left" '' "$(pgrep -f "scan --format json -o out.json big")"
done
"$M" scan --no-sandbox big >/dev/null 2>&1 & pid=$!
sleep 0.3; kill -INT $pid
for _ in $(seq 200); do kill -0 $pid 2>/dev/null || break; sleep 0.1; done
kill -KILL $pid 2>/dev/null; wait $pid; is 'without a sandbox: exit code' 130 $?      # before all 80 GB are read
rm -f out.json
"$M" attest big --key k.key -o out.json 2>attest.err & pid=$!
sleep 0.3; kill -INT $pid; wait $pid; code=$?
is "attest: exit code ($(cat attest.err))" 130 $code
[ ! -e out.json ]; ok $? 'attest: an output was written'
finish os_failures
