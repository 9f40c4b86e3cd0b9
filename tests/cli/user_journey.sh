#!/usr/bin/env bash
# A user's journey: scan what was downloaded, understand what is suspicious, allow it, scan again, sign, verify, load.
# usage: user_journey.sh BINARY
set -u
M=$(realpath "$1") B=$(dirname "$(realpath "$1")")
cd "$(dirname "$0")/../.." || exit 1
. tests/shell/assert.sh
root=$PWD
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
corpus_files "$W/made" torch/state-dict pickle/unknown-class
cd "$W" || exit 1
mkdir model
cp made/torch/state-dict.pt model/weights.pt
cp made/pickle/unknown-class.pkl model/head.pkl
echo '{"model_type":"bert"}' > model/config.json

# --- scan, understand, allow ---------------------------------------------------
t 1 'model/head.pkl: suspicious'  "$M" scan model
t 1 'model/weights.pt: clean'     "$M" scan model
rule=$("$M" scan model 2>/dev/null | grep -oE 'PICKLE-IMPORT-[0-9]+' | head -1)
t 0 'unaudited|list'              "$M" explain "$rule"
line=$("$M" scan model 2>/dev/null | grep -oE '"allow": \[[^]]*\]')            # the report shows what would allow it
echo "{$line}" > policy.json
t 0 'model/head.pkl: clean'       "$M" scan --policy policy.json model

# --- sign, verify, load --------------------------------------------------------
t 0 'release.pub'                 "$M" keygen release
t 0 'signed'                      "$M" attest model --key release.key --policy policy.json
box=; "$M" scan --require-sandbox model >/dev/null 2>&1; [ $? != 2 ] || box=--allow-no-sandbox
t 1 'allow-waivers'               "$M" verify model --key release.pub $box
t 0 'verified'                    "$M" verify model --key release.pub --allow-waivers $box
t 0 '^3 files'                    "$M" run --policy policy.json model -- sh -c 'echo $(ls "$0" | wc -l) files' model
if ! grep -q __asan_init "$M"; then
  export MODELASSAY_LIBRARY=$B/libmodelassay.so.0 PYTHONPATH=$root/scanner/python PYTHONDONTWRITEBYTECODE=1
  t 0 '^clean$'                   /usr/bin/python3 -c 'import modelassay as m; print(m.check("model", policy="policy.json").verdict)'
  t 1 'Suspicious: model/head.pkl' /usr/bin/python3 -c 'import modelassay as m; m.pickle_load("model/head.pkl")'
fi

# --- the same demands as a policy ----------------------------------------------
echo '{"rules": [{"signers": [{"key": "release.pub"}], "allow": ["waivers", "no-sandbox"]}]}' > gate.json
t 0 'verified'                    "$M" verify model --policy gate.json
t 64 'do not go with it'          "$M" verify model --policy gate.json --allow-waivers
t 64 'do not go with it'          "$M" verify model --policy gate.json --allow-no-sandbox
printf x >> model/weights.pt
t 1 'weights.pt'                  "$M" verify model --key release.pub $box
finish user_journey
