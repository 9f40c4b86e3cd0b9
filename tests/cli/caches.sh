#!/usr/bin/env bash
# Models as download caches lay them out: Hugging Face's snapshots, Ollama's blobs, split GGUF.  usage: caches.sh BINARY
set -u
M=$(realpath "$1")
D=$(mktemp -d); trap 'rm -rf "$D"' EXIT
here=$(cd "$(dirname "$0")/../.." && pwd)
python3 "$here/tests/corpus_builder.py" "$here/corpus" "$D/made" pickle/os-system-reduce pickle/plain-data safetensors/plain gguf/plain beside/whole >/dev/null
cd "$D" || exit 1
passed=0 failed=0
t() {
  local want=$1 pattern=$2 out code; shift 2
  out=$("$@" 2>&1); code=$?
  if [ $code = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $*: exit $code, expected $want with '$pattern':"; head -8 <<<"$out"; fi
}
# put FILE AS: into the cache, and a snapshot's link to it
R=hub/models--org--m
put() {
  local sha up=../..; sha=$(sha256sum < "$1" | cut -c1-64)
  mkdir -p $R/blobs "$(dirname "$R/snapshots/abc/$2")"; cp "$1" "$R/blobs/$sha"
  [ "$(dirname "$2")" = . ] || up=../../..
  ln -sf "$up/blobs/$sha" "$R/snapshots/abc/$2"
}
st=$(ls made/safetensors/plain.*)
head -c 8 /dev/zero > zeros
printf '{"weight_map":{"a":"m-00001-of-00002.safetensors","b":"m-00002-of-00002.safetensors"}}' > index
put "$st" m-00001-of-00002.safetensors; cp "$st" two; put two m-00002-of-00002.safetensors
put index m.safetensors.index.json; put made/beside/whole.onnx onnx/whole.onnx; put zeros onnx/whole.bin
mkdir -p $R/refs; printf abc > $R/refs/main
t 0 'abc/m.safetensors.index.json: clean'    "$M" scan $R/snapshots/abc
t 0 'abc/onnx/whole.onnx: clean'             "$M" scan $R/snapshots/abc
t 0 'onnx/whole.onnx: clean'                 "$M" scan $R/snapshots/abc/onnx/whole.onnx
t 0 'snapshots/abc/onnx/whole.onnx: clean'   "$M" scan hub
"$M" scan hub | grep -q ": incomplete"; [ $? = 1 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok - hub: incomplete"; }
# Scans without a sandbox (a sanitizer's build, an old kernel) are not verified as they are.
nobox=; "$M" scan --require-sandbox made/pickle/plain-data.pkl >/dev/null 2>&1; [ $? != 2 ] || nobox=--allow-no-sandbox
"$M" keygen k >/dev/null
t 0 'signed'                                 "$M" attest $R/snapshots/abc --key k.key -o b.json
t 0 'verified'                               "$M" verify $R/snapshots/abc --key k.pub --bundle b.json $nobox
mv hub elsewhere; R=elsewhere/models--org--m
t 0 'verified'                               "$M" verify $R/snapshots/abc --key k.pub --bundle b.json $nobox
# Each blob is scanned once; what is found is said under each of its names.
cp made/pickle/os-system-reduce.pkl evil; put evil model.pkl; put evil other.pkl
t 1 'abc/model.pkl: malicious'               "$M" scan elsewhere
t 1 'abc/other.pkl: malicious'               "$M" scan elsewhere
# A blob that is not what its name says, and links that only look like a snapshot's.
rm -rf w; mkdir -p w/snapshots/abc w/blobs
sha=$(sha256sum < "$st" | cut -c1-64); printf x | cat "$st" - > "w/blobs/$sha"
t 1 'STORE-DIGEST-001'                       "$M" scan w
cp "$st" "w/blobs/$sha"; t 0 "$sha: clean"   "$M" scan w
cp made/beside/whole.onnx w/snapshots/abc/
for link in /etc/hostname ../../../zeros ../blobs/$sha ../../blobs/../blobs/$sha "../../blobs/${sha}0" "../../blobs/none" ../../../w/blobs/$sha; do
  ln -sf "$link" w/snapshots/abc/whole.bin
  t 2 'external file whole.bin: a symlink'   "$M" scan w/snapshots/abc/whole.onnx
done
mv w/blobs w/real; ln -s real w/blobs; ln -sf "../../blobs/$sha" w/snapshots/abc/whole.bin
t 2 'external file whole.bin: a symlink'     "$M" scan w/snapshots/abc/whole.onnx
# Ollama: blobs by their digest.
mkdir -p o/models/blobs o/models/manifests/registry.ollama.ai/library/tiny
g=$(ls made/gguf/plain.*); sha=$(sha256sum < "$g" | cut -c1-64); cp "$g" "o/models/blobs/sha256-$sha"
printf '{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:%s"}]}' "$sha" > o/models/manifests/registry.ollama.ai/library/tiny/latest
t 0 "sha256-$sha: clean \(gguf\)"            "$M" scan o
printf x >> "o/models/blobs/sha256-$sha"
t 1 'STORE-DIGEST-001'                       "$M" scan o
# llama.cpp's parts are one model.
mkdir s; for i in 1 3; do cp "$g" "s/big-0000$i-of-00003.gguf"; done
t 2 'big-00001-of-00003.gguf: 2 of the 3 parts' "$M" scan s
"$M" scan s | grep -q "00003-of-00003.gguf: [0-9]"; [ $? = 1 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok - said of every part"; }
cp "$g" s/big-00002-of-00003.gguf; t 0 'big-00002-of-00003.gguf: clean' "$M" scan s
t 0 'clean'                                  "$M" scan s/big-00001-of-00003.gguf
echo "caches: $passed passed, $failed failed"
[ $failed = 0 ]
