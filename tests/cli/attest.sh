#!/usr/bin/env bash
# Signatures: kinds, keys, certificates, policies, and forgeries, each refused with its own reason.  usage: attest.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/shell/assert.sh
ROOT=$PWD
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
python3 tests/corpus_builder.py corpus "$W/made"
cd "$W"
mkdir -p model/sub; cp made/torch/state-dict.pt model/a.pt; cp made/pickle/plain-data.pkl model/sub/b.pkl; printf x > model/readme.txt; : > model/empty
cp -r model orig
fresh() { rm -rf model; cp -r orig model; }
v() { local want=$1 pattern=$2; shift 2; t "$want" "$pattern" "$M" verify model --key k.pub "$@"; fresh; }

# --- keys ------------------------------------------------------------------
"$M" keygen k > /dev/null; echo secret > pass; : > nopass
for a in p384 p521 ed25519; do
  t 0 "$a.key" "$M" keygen $a --algorithm $a
  t 0 'signed: ' "$M" attest model --key $a.key -o $a.json
  t 0 'verified' "$M" verify model --key $a.pub --bundle $a.json
  t 1 'another key' "$M" verify model --key k.pub --bundle $a.json
done
t 64 'bad value for --algorithm' "$M" keygen x --algorithm rsa
t 0 'locked.key' "$M" keygen locked --passphrase-file pass
t 0 'BEGIN ENCRYPTED PRIVATE KEY' head -1 locked.key
t 0 'Private-Key' openssl pkey -in locked.key -passin pass:secret -noout -text
t 0 'signed: ' "$M" attest model --key locked.key --passphrase-file pass -o locked.json
t 0 'verified' "$M" verify model --key locked.pub --bundle locked.json
echo wrong > wrongpass
t 2 'not its passphrase' "$M" attest model --key locked.key --passphrase-file wrongpass -o no.json
t 2 'contains no passphrase' "$M" attest model --key locked.key --passphrase-file nopass -o no.json
t 2 'not its passphrase' "$M" attest model --key locked.key -o no.json
openssl genrsa -out rsa.key 2048 2>/dev/null
t 2 'neither an EC key' "$M" attest model --key rsa.key -o no.json
openssl ecparam -name secp256k1 -genkey -noout -out koblitz.key 2>/dev/null
t 2 'neither an EC key' "$M" attest model --key koblitz.key -o no.json
t 1 '^$' test -e no.json

# --- model signatures (OMS) --------------------------------------------------
t 0 'signed: ' "$M" sign model --key k.key
v 0 'verified' --type oms
v 2 'No such file' 
t 1 'use --type oms' "$M" verify model --key k.pub --bundle model.oms.sigstore.json
printf y > model/readme.txt;  v 1 'readme.txt: changed' --type oms
mv model/a.pt model/z.pt;     v 1 'a.pt: renamed to z.pt' --type oms
rm model/sub/b.pkl;           v 1 'sub/b.pkl: missing' --type oms
echo n > model/new.txt;       v 1 'new.txt: extra' --type oms
mkdir model/.git; echo n > model/.git/config; echo n > model/.gitignore; v 0 'verified' --type oms
mkdir -p model/sub/.git; echo n > model/sub/.git/config; v 1 'sub/.git/config: extra' --type oms
ln -s a.pt model/link;        v 1 'link: is a symlink' --type oms
ln -s sub model/folder;       v 1 'folder: is a symlink to a folder' --type oms
ln -s a.pt model/link; t 2 'link: is a symlink' "$M" sign model --key k.key -o no.json; t 0 'signed' "$M" sign model --key k.key --allow-symlinks -o link.json
v 0 'verified' --type oms --bundle link.json
v 1 'link: missing' --type oms --bundle link.json
printf z > "model/A.pt";      v 1 'is the same name as' --type oms
printf z > "$(printf 'model/caf\xc3\xa9')"; printf z > "$(printf 'model/cafe\xcc\x81')"; v 1 'is the same name as' --type oms
printf z > "$(printf 'model/bad\xff')"; v 1 'not valid UTF-8' --type oms
mkdir void; t 2 'no file to sign' "$M" sign void --key k.key
t 0 'signed' "$M" sign model --key k.key --ignore sub -o part.json
echo n > model/sub/more;      v 0 'verified' --type oms --bundle part.json
t 0 'signed' "$M" sign model --key k.key --shards --shard-size 100 -o shards.json
v 0 'verified' --type oms --bundle shards.json
printf z | dd of=model/a.pt bs=1 seek=250 conv=notrunc status=none; v 1 'a.pt:200:300: changed' --type oms --bundle shards.json
t 0 'signed' "$M" sign model/a.pt --key k.key
t 0 'verified' "$M" verify model/a.pt --key k.pub --type oms --bundle model/a.pt.oms.sigstore.json
rm model/a.pt.oms.sigstore.json
t 0 'signed' "$M" sign model --key k.key -o model/model.sig; t 0 'verified' "$M" verify model --key k.pub --type oms --bundle model/model.sig; fresh

# --- scans ------------------------------------------------------------------------
t 0 'signed: ' "$M" attest model --key k.key
v 0 'verified'
ln -s sub model/folder;       v 1 'is a symlink to a folder'
t 0 'signed: ' "$M" attest model --key k.key --no-sandbox -o bare.json
v 1 'without a sandbox' --bundle bare.json
v 0 'verified' --bundle bare.json --allow-no-sandbox
t 0 'signed: ' "$M" attest model --key k.key --exclude '*.txt' -o gaps.json
v 1 'did not cover everything' --bundle gaps.json
rm model/sub/b.pkl;           v 0 'verified' --only a.pt
rm model/sub/b.pkl;           v 1 'sub/b.pkl: missing' --only sub/b.pkl
v 1 'other: is not in what was signed' --only other
printf y >> model/a.pt;       v 1 'a.pt: changed' --only a.pt
t 1 'is not in what was signed' "$M" verify model --key k.pub --only ../k.key
t 0 'signed: ' "$M" attest model --key k.key --predicate test-result
v 0 'verified' --type test-result
v 1 'none of the bundles is of the kind scan' --bundle model.test-result.sigstore.json
t 0 '"reason":.*"changed"' sh -c "printf y >> model/a.pt; '$M' verify model --key k.pub --format json; true"; fresh
t 0 '"verified":.*true' "$M" verify model --key k.pub --format json

# --- several claims in one file ------------------------------------------------------
t 0 'signed: all' "$M" attest model --key k.key --jsonl all.sigstore.jsonl
t 0 'signed: all' "$M" sign model --key k.key --jsonl all.sigstore.jsonl
t 0 '^2 ' wc -l all.sigstore.jsonl
v 0 'verified' --bundle all.sigstore.jsonl
v 0 'verified' --type oms --bundle all.sigstore.jsonl
echo '{}' > junk.json; v 1 'no Sigstore bundle' --bundle all.sigstore.jsonl --bundle junk.json
for i in 1 2 3 4 5 6 7 8; do "$M" sign model --key k.key --jsonl many.sigstore.jsonl 2>/dev/null & done; wait
t 0 '^8 ' wc -l many.sigstore.jsonl

# --- a policy ---------------------------------------------------------------------------
pol() { printf '{"rules": [%s]}' "$1" > policy.json; }
p() { local want=$1 pattern=$2; shift 2; t "$want" "$pattern" "$M" verify model --policy policy.json --bundle all.sigstore.jsonl "$@"; }
pol '{"signers": [{"key": "k.pub"}], "require": ["scan", "oms"]}';                     p 0 'verified'
pol '{"signers": [{"key": "k.pub"}], "require": ["scan", "oms", "test-result"]}';      p 1 'of the kind test-result'
pol '{"signers": [{"key": "k.pub", "types": ["oms"]}], "require": ["oms"]}';           p 1 'may not sign statements of the kind scan'
pol '{"signers": [{"key": "p384.pub"}]}';                                              p 1 'another key'
pol '{"signers": [{"key": "p384.pub"}, {"key": "k.pub"}], "max_age": "30d", "min_scanner": "0.1.0"}'; p 0 'verified'
pol '{"signers": [{"key": "k.pub"}], "min_scanner": "0.10"}';                          p 1 'and 0.10 is asked for'
pol '{"paths": ["other*"], "signers": [{"key": "k.pub"}]}';                            p 2 'no policy rule matches model'
pol '{"paths": ["mod*"], "signers": [{"key": "k.pub"}]}, {"signers": [{"key": "p384.pub"}]}'; p 0 'verified'
pol '{"signers": [{"key": "k.pub"}], "requires": ["oms"]}';                            p 2 "unknown field 'requires'"
pol '{"signers": [{"key": "k.pub"}], "require": ["omz"]}';                             p 2 "'omz' is not known"
pol '{"signers": [], "require": ["oms"]}';                                             p 2 'without signers'
pol '{"signers": [{"key": "none.pub"}]}';                                              p 2 'none.pub'
pol "{\"signers\": [{\"key\": \"k.pub\"}], \"rulesets\": [\"$(printf %064d 0)\"]}";    p 1 'another rule set'
pol '{"signers": [{"key": "k.pub"}]}'; p 64 'do not go with it' --key k.pub
t 1 'without a sandbox' "$M" verify model --policy policy.json --bundle bare.json
pol '{"signers": [{"key": "k.pub"}], "allow": ["no-sandbox"]}'
t 0 'verified' "$M" verify model --policy policy.json --bundle bare.json
U=made/pickle/unknown-class.pkl; echo '{"allow": ["my_lab.models.ResNet"]}' > allow.json
t 0 'signed: ' "$M" attest $U --policy allow.json --key k.key -o waived.json
t 1 'were waived' "$M" verify $U --policy policy.json --bundle waived.json
pol '{"signers": [{"key": "k.pub"}], "allow": ["waivers"]}'
t 0 'verified' "$M" verify $U --policy policy.json --bundle waived.json

# --- certificates ----------------------------------------------------------------------
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days 30 \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null; }
leaf() { # NAME CA DAYS EXTENSIONS
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
  printf "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n$4" > ext
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -out "$1.pem" -days "$3" -extfile ext 2>/dev/null; }
ca root; ca other
GOOD='keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\nsubjectAltName=email:ci@example.org\n'
leaf ci root 10 "$GOOD"
leaf tls root 10 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=email:ci@example.org\n'
t 0 'signed' "$M" attest model --key ci.key --certificate ci.pem -o ci.json
t 0 'verified' "$M" verify model --ca root.pem --bundle ci.json
t 0 'verified' "$M" verify model --ca root.pem --identity ci@example.org --bundle ci.json
t 1 'another name' "$M" verify model --ca root.pem --identity ci@example.com --bundle ci.json
t 1 'is not accepted' "$M" verify model --ca other.pem --bundle ci.json
t 1 'no certificate authority' "$M" verify model --key k.pub --bundle ci.json
t 0 'signed' "$M" sign model --key tls.key --certificate tls.pem -o tls.json
t 1 'not codeSigning' "$M" verify model --ca root.pem --type oms --bundle tls.json
t 2 'certificate of another key' "$M" attest model --key k.key --certificate ci.pem -o no.json
pol '{"signers": [{"ca": "root.pem", "identity": "ci@example.org"}]}'
t 0 'verified' "$M" verify model --policy policy.json --bundle ci.json

# --- forgeries: each signed by the trusted key where that can be --------------------------
python3 "$ROOT/tests/cli/forge.py" k.key model.modelassay.sigstore.json model.oms.sigstore.json forged > forged.list
while IFS=$'\t' read -r name type pattern code; do
  t "${code:-1}" "$pattern" timeout 20 "$M" verify model --key k.pub --type "$type" --bundle "forged/$name.json"
done < forged.list
t 0 'verified' "$M" verify model/a.pt --key k.pub --type oms --bundle forged/single.json
t 1 'missing' "$M" verify model/sub/b.pkl --key k.pub --type oms --bundle forged/single.json
t 0 '^4[0-9]' wc -l forged.list
echo "attest: $passed passed, $failed failed"
[ $failed = 0 ]
