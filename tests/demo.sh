#!/usr/bin/env bash
# What a user sees: a clean and a malicious checkpoint, scanned, signed, verified.
set -u
cd "$(dirname "$0")/.."
B=$1
D=$B/demo
rm -rf "$D"; mkdir -p "$D"
. tests/shell/assert.sh
corpus_files "$D/made" torch/state-dict torch/os-system
mkdir -p "$D/model" "$D/hostile"
cp "$D/made/torch/state-dict.pt" "$D/model/weights.pt"
cp "$D/made/torch/os-system.pt" "$D/hostile/weights.pt"
failed=0
# show EXIT COMMAND...: prints the command, runs it, and checks its exit code.
show() {
  local want=$1; shift
  echo "\$ modelassay $*"
  "$B/modelassay" "$@"; local got=$?
  echo "  -> exit $got"; echo
  [ $got = "$want" ] || { echo "demo: expected exit $want"; failed=1; }
}
show 0 scan "$D/model"
show 1 scan "$D/hostile"
show 0 keygen "$D/demo"
show 0 attest "$D/model" --key "$D/demo.key"
show 0 verify "$D/model" --key "$D/demo.pub"
echo "one byte of the model changes:"
printf 'x' | dd of="$D/model/weights.pt" bs=1 seek=100 conv=notrunc status=none
show 1 verify "$D/model" --key "$D/demo.pub"
exit $failed
