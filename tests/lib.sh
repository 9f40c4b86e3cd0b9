#!/usr/bin/env bash
# The library as others link it: installed, found by pkg-config, used from C and C++.  usage: lib.sh BUILD
set -u
cd "$(dirname "$0")/.."
B=$(realpath "$1")
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
. tests/shell/assert.sh
# exits WANTED WHAT COMMAND...
exits() {
  local want=$1 what=$2 got; shift 2
  "$@" > "$W/out" 2>&1; got=$?
  [ $got = "$want" ]; ok $? "$what: exit $got, wanted $want: $(head -c 600 "$W/out")"
}
if grep -q __asan_init "$B/modelassay"; then echo "lib: 0 passed, 0 failed (AddressSanitizer wants to be first: is not run)"; exit 0; fi
make --no-print-directory -s B="$1" DESTDIR="$W" PREFIX=/usr install > "$W/install.log" 2>&1; ok $? "make install: $(tail -3 "$W/install.log")"
L=$W/usr/lib
# Exported is what the header declares, and nothing else.
nm -D --defined-only "$L/libmodelassay.so.0" | awk '$2 != "A" { print $3 }' | sort > "$W/exported"
grep -oE '^MA_API [^;]*' scanner/modelassay.h | grep -oE 'ma_[a-z0-9_]+\(' | tr -d '(' | sort -u > "$W/declared"
exits 0 'exported and declared differ' diff "$W/declared" "$W/exported"
exits 0 'soname' bash -c "readelf -d '$L/libmodelassay.so.0' | grep -q 'SONAME.*libmodelassay.so.0'"
exits 1 'signal handlers or output in the library' bash -c "grep -nE '\\b(signal|sigaction|printf|puts|exit)\\(' scanner/{api,util,report,input,judge,object,scan,attest}/*.c | grep -v snprintf | grep -vE 'fprintf\\(f|asprintf|sprintf'"
export PKG_CONFIG_PATH=$L/pkgconfig LD_LIBRARY_PATH=$L
flags=$(pkg-config --define-prefix --cflags --libs modelassay); ok $? 'pkg-config'
corpus_files "$W/made" torch/state-dict torch/os-system pickle/unknown-class beside/whole
cp tests/lib/*.c docs/examples/preload.c "$W/"; cp "$W/preload.c" "$W/preload.cc"
exits 0 'C' cc -std=gnu11 -Wall -Wextra -Werror -o "$W/c" "$W/preload.c" $flags
if command -v c++ > /dev/null; then exits 0 'C++' c++ -Wall -Wextra -Werror -o "$W/cc" "$W/preload.cc" $flags; else echo "lib: no C++ compiler: the header from C++ is not run"; cp "$W/c" "$W/cc"; fi
for program in c cc; do
  exits 0 "$program on a clean file" "$W/$program" "$W/made/torch/state-dict.pt"
  exits 1 "$program on a malicious file" "$W/$program" "$W/made/torch/os-system.pt"
  exits 2 "$program on no file" "$W/$program" "$W/none"
done
exits 0 'sign.c' cc -std=gnu11 -Wall -Wextra -Werror -o "$W/sign" "$W/sign.c" $flags -lpthread
"$B/modelassay" keygen "$W/k" > /dev/null; "$B/modelassay" keygen "$W/other" > /dev/null
exits 0 'threads, attest, verify, an outside signer' "$W/sign" "$W/made" "$W/k" "$W/other"
exits 0 'verify of what the library signed' "$B/modelassay" verify "$W/made/torch/state-dict.pt" --key "$W/k.pub" --bundle "$W/k.json" --allow-no-sandbox
exits 0 'scan.c' cc -std=gnu11 -Wall -Wextra -Werror -o "$W/scan" "$W/scan.c" $flags
exits 0 'limits.c' cc -std=gnu11 -Wall -Wextra -Werror -o "$W/limits" "$W/limits.c" $flags -lpthread
python3 - "$W" <<'PY'
import sys, zipfile
for name, method in (("deflated", zipfile.ZIP_DEFLATED), ("stored", zipfile.ZIP_STORED)):
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}.zip", "w", method) as z:
        for i in range(64):
            z.writestr(f"{i}.txt", "text " * 20)
PY
exits 0 'four threads, two limits: each gap names its own' "$W/limits" "$W/deflated.zip" "$W/stored.zip"
head -c 8 /dev/zero > "$W/made/beside/whole.bin"; echo '{"allow": ["my_lab.models.ResNet"]}' > "$W/allow.json"
exits 0 'policies, external files, open files' "$W/scan" "$W/made" "$W/k" "$W/allow.json"
finish lib
