#!/usr/bin/env bash
# Our bundles, checked by verifiers that are not ours: sigstore-js (npm), openssl, Debian's python3-cryptography.
# usage: interop.sh BINARY WORKDIR
set -u
M=$(realpath "$1"); mkdir -p "$2"; W=$(realpath "$2")
cd "$(dirname "$0")/.."
. tests/shell/assert.sh
ROOT=$PWD
/usr/bin/python3 -c 'import cryptography' || { echo 'interop: no python3-cryptography (make test-deps installs it)'; exit 1; }
rm -rf "$W/i"; mkdir -p "$W/i/npm"; cp tests/interop/npm/* "$W/i/npm/"
corpus_files "$W/i/made" torch/state-dict pickle/plain-data
has_js=yes
(cd "$W/i/npm" && npm ci --silent --ignore-scripts --no-audit --no-fund) || { has_js=no; echo "interop: no npm, or no registry: sigstore-js is not run"; }
mkdir -p "$W/i/model"; cp "$W/i/made/torch/state-dict.pt" "$W/i/model/a.pt"; cp "$W/i/made/pickle/plain-data.pkl" "$W/i/model/b.pkl"
js() { (cd "$W/i/npm" && node verify.mjs "$@"); }
cd "$W/i"
flip() { python3 "$ROOT/tests/cli/lib/flip_bundle.py" "$@"; }             # BUNDLE FLIPPED payload|sig
for a in p256 p384 p521 ed25519; do
  "$M" keygen $a --algorithm $a > /dev/null
  "$M" attest model --key $a.key -o scan-$a.json 2>/dev/null >&2
  "$M" attest model --key $a.key --predicate test-result -o test-$a.json 2>/dev/null >&2
  "$M" sign model --key $a.key -o oms-$a.json 2>/dev/null
  for kind in scan:model-scan test:test-result oms:model_signing; do
    b=${kind%%:*}-$a.json
    # sigstore-js 2.1.1 hashes with SHA-256 whatever the curve: P-384 and P-521 are openssl's to check
    case $has_js-$a in yes-p256|yes-ed25519) t 0 "verified .*${kind##*:}" js "$W/i/$a.pub" "$W/i/$b"
      for part in payload sig; do flip $b flipped.json $part; t 1 'refused' js "$W/i/$a.pub" "$W/i/flipped.json"; done ;;
    esac
    t 0 'verified' /usr/bin/python3 "$ROOT/tests/interop/verify.py" $a.pub $b model
    flip $b flipped.json payload
    t 1 'refused' /usr/bin/python3 "$ROOT/tests/interop/verify.py" $a.pub flipped.json model
  done
done
[ $has_js = no ] || t 1 'refused' js "$W/i/p256.pub" "$W/i/scan-ed25519.json"
for d in p256:sha256 p384:sha384 p521:sha512; do
  a=${d%%:*}
  python3 "$ROOT/tests/cli/lib/signed_bytes.py" scan-$a.json pae sig
  t 0 'Verified OK' openssl dgst -"${d##*:}" -verify $a.pub -signature sig pae
done
printf x >> model/b.pkl
t 1 'refused b.pkl' /usr/bin/python3 "$ROOT/tests/interop/verify.py" p256.pub oms-p256.json model
finish interop
