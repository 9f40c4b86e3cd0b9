#!/usr/bin/env bash
# `modelassay run`: what was checked is what CMD reads.  usage: run.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/shell/assert.sh
W=$(mktemp -d); trap 'chmod -R u+rwx "$W"; rm -rf "$W"' EXIT
python3 tests/corpus_builder.py corpus "$W/made"
cd "$W"
export TMPDIR=$W/tmp; mkdir tmp
cp made/torch/state-dict.pt a.pt; cp made/torch/os-system.pt bad.pt; mkdir -p folder/sub; cp a.pt folder/a.pt; cp made/pickle/plain-data.pkl folder/sub/b.pkl
SUM=$(sha256sum < a.pt | cut -d' ' -f1)
t 0 "$SUM"                          "$M" run a.pt -- sha256sum a.pt
t 0 '/proc/self/fd/'                "$M" run a.pt -- echo a.pt
t 1 'sh is not started'             "$M" run bad.pt -- sh -c 'touch ran' bad.pt
t 1 'PICKLE-EXEC-001'               "$M" run a.pt bad.pt -- sh -c 'touch ran' a.pt bad.pt
t 1 '^$'                            test -e ran
t 2 'No such file'                  "$M" run none.pt -- cat none.pt
t 64 'usage'                        "$M" run a.pt
t 64 'usage'                        "$M" run a.pt --
t 64 'usage'                        "$M" run -- cat a.pt
t 64 'does not appear in the command line of cat'        "$M" run a.pt -- cat ./a.pt
t 127 'No such file'                "$M" run a.pt -- no-such-command a.pt
t 7 ''                              "$M" run a.pt -- sh -c 'exit 7' a.pt
t 143 ''                            "$M" run a.pt -- sh -c 'kill -TERM $$' a.pt
# A file that is changed, replaced or removed after the check is not what CMD reads.
t 0 "$SUM"                          "$M" run a.pt -- sh -c 'cat bad.pt > a.pt; sha256sum < "$0"' a.pt
cp folder/a.pt a.pt
t 0 "$SUM"                          "$M" run a.pt -- sh -c 'mv bad.pt a.pt; sha256sum < "$0"; mv a.pt bad.pt' a.pt
cp folder/a.pt a.pt
t 1 'I/O error|ermission denied|not permitted' "$M" run a.pt -- sh -c 'echo x >> "$0"' a.pt
# Folders are copied, read only, and gone afterwards.
t 0 "$SUM"                          "$M" run folder -- sh -c 'sha256sum < "$0/a.pt"' folder
t 0 'r-x------'                     "$M" run folder -- sh -c 'ls -ld "$0" "$0/sub"' folder
t 0 'r--------'                     "$M" run folder -- sh -c 'ls -l "$0/sub"' folder
t 0 '^$'                            ls tmp
cp bad.pt folder/sub/c.pt
t 1 'sh is not started'             "$M" run folder -- sh -c 'touch ran' folder
rm folder/sub/c.pt; ln -s /etc folder/etc
t 2 'a symlink to a folder'         "$M" run folder -- ls folder
rm folder/etc
t 0 '^$'                            ls tmp
# A signed scan instead of a scan.
"$M" keygen k > /dev/null; "$M" keygen other > /dev/null; "$M" attest a.pt --key k.key > /dev/null 2>&1; "$M" attest folder --key k.key > /dev/null 2>&1; "$M" attest bad.pt --key k.key > /dev/null 2>&1
t 0 "$SUM"                          "$M" run --verify k.pub a.pt -- sha256sum a.pt
t 0 "$SUM"                          "$M" run --verify k.pub folder -- sh -c 'sha256sum < "$0/a.pt"' folder
t 0 "$SUM"                          "$M" run --verify k.pub --bundle a.pt.modelassay.sigstore.json a.pt -- sha256sum a.pt
t 1 'another key'                   "$M" run --verify other.pub a.pt -- sha256sum a.pt
t 1 'verdict is FAILED'             "$M" run --verify k.pub bad.pt -- sha256sum bad.pt
printf x >> a.pt
t 1 'a.pt: changed'                 "$M" run --verify k.pub a.pt -- sha256sum a.pt
rm a.pt.modelassay.sigstore.json
t 2 'No such file'                  "$M" run --verify k.pub a.pt -- sha256sum a.pt
t 0 '^$'                            ls tmp
if /usr/bin/python3 -c 'import torch' 2> /dev/null; then
  /usr/bin/python3 -c 'import torch; torch.save({"w": torch.ones(3)}, "t.pt")'
  t 0 'tensor\(\[1., 1., 1.\]\)'     "$M" run t.pt -- /usr/bin/python3 -c 'import sys, torch; print(torch.load(sys.argv[1])["w"])' t.pt
else
  echo "run: python3-torch is not installed: torch.load of a checked file is not run"
fi
echo "run: $passed passed, $failed failed"
[ $failed = 0 ]
