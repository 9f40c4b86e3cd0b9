#!/usr/bin/env bash
# A user's way: scan what was downloaded, understand what is suspicious, allow it, scan again, sign, verify, load.
# usage: walk.sh BINARY
set -u
M=$(realpath "$1"); B=$(dirname "$M")
here=$(cd "$(dirname "$0")/../.." && pwd)
D=$(mktemp -d); trap 'rm -rf "$D"' EXIT
python3 "$here/tests/corpus_builder.py" "$here/corpus" "$D/made" torch/state-dict pickle/unknown-class >/dev/null
cd "$D" || exit 1
mkdir model; cp made/torch/state-dict.pt model/weights.pt; cp made/pickle/unknown-class.pkl model/head.pkl; echo '{"model_type":"bert"}' > model/config.json
passed=0 failed=0
t() {
  local want=$1 pattern=$2 out code; shift 2
  out=$("$@" 2>&1); code=$?
  if [ $code = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $*: exit $code, expected $want with '$pattern':"; head -8 <<<"$out"; fi
}
t 1 'model/head.pkl: suspicious'                       "$M" scan model
t 1 'model/weights.pt: clean'                          "$M" scan model
rule=$("$M" scan model 2>/dev/null | grep -oE 'PICKLE-IMPORT-[0-9]+' | head -1)
t 0 'unaudited|list'                                   "$M" explain "$rule"
line=$("$M" scan model 2>/dev/null | grep -oE '"allow": \[[^]]*\]')            # the report says what would allow it
echo "{$line}" > policy.json
t 0 'model/head.pkl: clean'                            "$M" scan --policy policy.json model
t 0 'release.pub'                                      "$M" keygen release
t 0 'signed'                                           "$M" attest model --key release.key --policy policy.json
box=; "$M" scan --require-sandbox model >/dev/null 2>&1; [ $? != 2 ] || box=--allow-no-sandbox
t 1 'allow-waivers'                                    "$M" verify model --key release.pub $box
t 0 'verified'                                         "$M" verify model --key release.pub --allow-waivers $box
t 0 '^3 files'                                         "$M" run --policy policy.json model -- sh -c 'echo $(ls "$0" | wc -l) files' model
if ! grep -q __asan_init "$M"; then
  export MODELASSAY_LIBRARY=$B/libmodelassay.so.0 PYTHONPATH=$here/scanner/python PYTHONDONTWRITEBYTECODE=1
  t 0 '^clean$'                                        /usr/bin/python3 -c 'import modelassay as m; print(m.check("model", policy="policy.json").verdict)'
  t 1 'Suspicious: model/head.pkl'                     /usr/bin/python3 -c 'import modelassay as m; m.pickle_load("model/head.pkl")'
fi
echo '{"rules": [{"signers": [{"key": "release.pub"}], "allow": ["waivers", "no-sandbox"]}]}' > gate.json
t 0 'verified'                                         "$M" verify model --policy gate.json
t 64 'do not go with it'                               "$M" verify model --policy gate.json --allow-waivers
t 64 'do not go with it'                               "$M" verify model --policy gate.json --allow-no-sandbox
printf x >> model/weights.pt
t 1 'weights.pt'                                       "$M" verify model --key release.pub $box
echo "walk: $passed passed, $failed failed"
[ $failed = 0 ]
