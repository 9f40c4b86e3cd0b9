#!/usr/bin/env bash
# The command line: command, exit code, what stdout and stderr must hold.  usage: table.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/shell/assert.sh
ROOT=$PWD
W=$(mktemp -d); trap 'chmod -R u+rwx "$W"; rm -rf "$W"' EXIT
python3 tests/corpus_builder.py corpus "$W/made"
cd "$W"
mkdir clean bad; cp made/torch/state-dict.pt clean/a.pt; cp made/torch/os-system.pt bad/b.pt
echo hello > clean/notes.txt; : > empty.pkl; echo '{}' > nokey.pem
t 0 'a.pt: clean \(pytorch-zip\)'        "$M" scan clean
t 0 'notes.txt: not-a-model'             "$M" scan clean
t 0 'a.pt: clean'                        "$M" clean/a.pt
t 1 'PICKLE-EXEC-001'                    "$M" scan bad
t 1 '2 files: 1 malicious'               "$M" scan clean/a.pt bad
t 1 'suspicious'                         "$M" scan made/pickle/unknown-class.pkl
t 1 '"allow": \["my_lab.models.ResNet"\]' "$M" scan made/pickle/unknown-class.pkl
t 0 'suspicious'                         "$M" scan --fail-on malicious made/pickle/unknown-class.pkl
t 2 '[Nn]o such file'                       "$M" scan missing.pt
t 2 'incomplete'                         "$M" scan clean/notes.txt
t 0 'no model found'                     "$M" scan empty.pkl
t 64 'nothing to scan'                   "$M" scan
t 64 'bad value for --format'            "$M" scan --format xml clean
t 64 'unrecognized option'               "$M" scan --wrong clean
t 64 'would overwrite'                   "$M" scan -o clean/a.pt clean/a.pt
t 2 'No such file or directory'          "$M" scan -o nowhere/x.json clean
t 0 '^modelassay [0-9.]+ \(rules'        "$M" --version
t 0 'usage: modelassay'                  "$M" --help
t 0 'max-inflated-bytes'                 "$M" scan --help
t 0 'PICKLE-EXEC-001 +critical'          "$M" rules list
t 0 'CWE-502'                            "$M" explain PICKLE-EXEC-001
t 64 'no rule is called'                 "$M" explain NOPE-1
t 0 '"fact":"call".*"name":"system"'     "$M" inspect bad/b.pt
t 2 'limit depth|limit'                  "$M" scan --max-depth 0 clean/a.pt
t 2 'limit scan_seconds reached'           "$M" scan --max-scan-seconds 0 clean
printf '{"model_type":"x","a":{"b":{"c":1}}}' > config.json
t 2 'limit json_depth reached'             "$M" scan --max-json-depth 2 config.json
t 0 'config.json: clean'                   "$M" scan --max-json-depth 9 config.json; rm config.json
mkdir rules; echo '[{"id":"X"}]' > rules/x.json
t 2 'x.json'                             "$M" scan --rules rules clean
t 2 'x.json'                             "$M" rules check rules
mkdir added; cat > added/x.json <<'J'
{"pack": "x", "version": "2026.11.1", "rules": [{"id": "X-001", "rev": 1, "severity": "high", "title": "t", "why": "w", "refs": ["CWE-502"],
  "match": {"fact": "object", "format": {"eq": "pytorch-zip"}}, "tests": {"hit": ["x/a"], "miss": ["x/b"]}}]}
J
t 1 'a.pt: malicious'                    "$M" scan --rules added clean/a.pt
t 1 'a.pt: malicious'                    "$M" scan --rules added --no-sandbox clean/a.pt
t 1 'X-001: t'                           "$M" scan --rules added clean/a.pt
t 1 'PICKLE-EXEC-001'                    "$M" scan --rules added bad/b.pt
t 1 '^x-ok$'                             sh -c '"$1" scan --rules added --format sarif clean/a.pt > x.sarif; code=$?; python3 -c "import json; r = json.load(open(\"x.sarif\"))[\"runs\"][0]; f = r[\"results\"][0]; print(\"x-ok\" if r[\"tool\"][\"driver\"][\"rules\"][f[\"ruleIndex\"]][\"id\"] == f[\"ruleId\"] == \"X-001\" else f)"; exit $code' - "$M"
t 0 '"schema":.*modelassay.report/1'     "$M" scan --format json clean
t 0 '"verdict":"clean"'                  "$M" scan --format jsonl clean/a.pt
# --- forms: each says what the verdict is, in its own words -------------------
t 1 '"executionSuccessful":.true'        "$M" scan --format sarif bad
t 2 '"executionSuccessful":.false'       "$M" scan --format sarif missing.pt
t 0 '"executionSuccessful":.true'        "$M" scan --format sarif --exclude '*.txt' clean
t 1 '"ruleId":."PICKLE-EXEC-001"'        "$M" scan --format sarif bad
t 1 '"status":."unsafe"'                 "$M" scan --format hf bad
t 1 '"highestSafetyLevel":."dangerous"'  "$M" scan --format hf bad
t 1 '"highestSafetyLevel":."suspicious"' "$M" scan --format hf made/pickle/unknown-class.pkl
t 0 '"highestSafetyLevel":."innocuous"'  "$M" scan --format hf clean/a.pt
t 0 '"safe":.true'                       "$M" scan --format hf clean/a.pt
t 2 '"status":."suspicious"'             "$M" scan --format hf --max-depth 0 clean/a.pt
t 2 '"scansDone":.false'                 "$M" scan --format hf missing.pt
t 1 '^\| malicious \| 1 \|$'            "$M" scan --format md bad
t 1 '^- \*\*critical\*\* PICKLE-EXEC-001: .*<code>os&#46;system' "$M" scan --format md bad
t 2 '^- not scanned: '                   "$M" scan --format md missing.pt
t 1 '<svg class="map"'                    "$M" scan --format html bad
t 1 'class="finding".*critical.*PICKLE-EXEC-001' "$M" scan --format html bad
t 1 'stdin: malicious'                   sh -c "'$M' scan - < bad/b.pt"
t 1 'up: malicious'                      sh -c "cat bad/b.pt | '$M' scan --name up -"
mkfifo clean/pipe
t 2 'not a regular file'                 "$M" scan clean
rm clean/pipe; ln -s ../bad clean/link
t 0 'symlink to a folder'                "$M" scan clean
rm clean/link
# --- policy ----------------------------------------------------------------
U=made/pickle/unknown-class.pkl
SUM=$(sha256sum $U | cut -d' ' -f1)
t 1 'suspicious'                         "$M" scan $U
echo '{"allow": ["my_lab.models.ResNet"]}' > allow.json
t 0 'clean'                              "$M" scan --policy allow.json $U
t 0 'waived: allowed by the policy'      "$M" scan --policy allow.json $U
echo '{"allow": ["my_lab.models.Other"]}' > other.json
t 1 'suspicious'                         "$M" scan --policy other.json $U
echo '{"allow": ["posix.system", "os.system"]}' > danger.json
t 1 'malicious'                          "$M" scan --policy danger.json made/pickle/os-system-reduce.pkl
echo '{"fail_on": "malicious"}' > lax.json
t 0 'suspicious'                         "$M" scan --policy lax.json $U
t 1 'suspicious'                         "$M" scan --policy lax.json --fail-on suspicious $U
w() { printf '{"waivers": [{"rule": "%s", "sha256": "%s", "reason": "looked at it", "expires": "%s"}]}' "$1" "$2" "$3"; }
w PICKLE-IMPORT-002 "$SUM" 2100-01-01 > w1.json
t 1 'waived: looked at it'               "$M" scan --policy w1.json $U
w PICKLE-IMPORT-002 "$SUM" 2020-01-01 > w2.json
t 1 'it has expired'                     "$M" scan --policy w2.json $U
w NO-SUCH-RULE "$SUM" 2100-01-01 > w3.json
t 1 'there is no such rule'              "$M" scan --policy w3.json $U
t 2 'has an unknown field "alow"'        sh -c "echo '{\"alow\": []}' > bad.json; '$M' scan --policy bad.json $U"
t 2 'there are no wildcards'             sh -c "echo '{\"allow\": [\"a.*\"]}' > bad.json; '$M' scan --policy bad.json $U"
t 2 '[Nn]o such file'                    "$M" scan --policy nowhere.json $U
# --- signing ---------------------------------------------------------------
t 0 'k.key k.pub'                        "$M" keygen k
t 2 'there is a key already'             "$M" keygen k
t 0 '^600$'                              stat -c %a k.key
t 2 'not a private key'                  "$M" attest clean --key nokey.pem
t 0 'signed: '                           "$M" attest clean --key k.key
# Scans without a sandbox (a sanitizer's build, an old kernel) are not verified as they are.
nobox=; "$M" scan --require-sandbox clean >/dev/null 2>&1; [ $? != 2 ] || nobox=--allow-no-sandbox
t 0 'verified'                           "$M" verify clean --key k.pub $nobox
t 2 'not a public key'                   "$M" verify clean --key nokey.pem
"$M" keygen other >/dev/null
t 1 'another key'                        "$M" verify clean --key other.pub
B=clean.modelassay.sigstore.json
cp -r clean copy
v() { local want=$1 pattern=$2; t "$want" "$pattern" "$M" verify copy --key k.pub --bundle $B $nobox; rm -rf copy; cp -r clean copy; }
printf x | dd of=copy/a.pt bs=1 seek=50 conv=notrunc status=none; v 1 'a.pt: changed'
mv copy/a.pt copy/z.pt;      v 1 'a.pt: renamed to z.pt'
rm copy/a.pt;                v 1 'a.pt: missing'
cp made/pickle/plain-data.pkl copy/new.pkl; v 1 'new.pkl: extra'
v 0 'verified'
python3 - "$B" <<'PY'
import json, base64, sys
b = json.load(open(sys.argv[1])); p = bytearray(base64.b64decode(b["dsseEnvelope"]["payload"])); p[100] ^= 1
b["dsseEnvelope"]["payload"] = base64.b64encode(p).decode(); json.dump(b, open("flipped.json", "w"))
s = json.loads(base64.b64decode(json.load(open(sys.argv[1]))["dsseEnvelope"]["payload"])); assert s["predicate"]["verdict"] == "PASSED"
PY
t 1 'not by this key'                    "$M" verify clean --key k.pub --bundle flipped.json
echo nonsense > nb.json
t 1 'is no bundle'                       "$M" verify clean --key k.pub --bundle nb.json
t 2 '[Nn]o such file'                       "$M" verify clean --key k.pub --bundle none.json
t 1 'too old'                            sh -c "sleep 2; '$M' verify clean --key k.pub --max-age 1s"
t 1 'another rule set'                   "$M" verify clean --key k.pub --ruleset 00
t 1 'signed: '                           "$M" attest bad --key k.key
t 1 'verdict is FAILED'                  "$M" verify bad --key k.pub
t 2 'nothing to attest'                  "$M" attest empty.pkl --key k.key
t 2 '[Nn]o such file'                       "$M" attest missing --key k.key
t 0 'signed: '                           "$M" attest $U --policy allow.json --key k.key -o waived.json
t 1 'were waived'                        "$M" verify $U --key k.pub --bundle waived.json
# OpenSSL accepts the signature over the pre-authentication encoding.
python3 - "$B" <<'PY'
import base64, json, sys
e = json.load(open(sys.argv[1]))["dsseEnvelope"]; p = base64.b64decode(e["payload"]); t = e["payloadType"].encode()
open("pae", "wb").write(b"DSSEv1 %d %s %d " % (len(t), t, len(p)) + p)
open("sig", "wb").write(base64.b64decode(e["signatures"][0]["sig"]))
PY
t 0 'Verified OK'                        openssl dgst -sha256 -verify k.pub -signature sig pae
t 0 "$(sha256sum k.pub | cut -d' ' -f1)" grep -o '"hint":"[0-9a-f]*"' $B
# Nothing is left half-written.
t 1 '^$'                                 sh -c "ls | grep -q tmp-"
echo "table: $passed passed, $failed failed"
[ $failed = 0 ]
