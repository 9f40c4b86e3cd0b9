#!/usr/bin/env bash
# Two clones of the last commit, in folders of different length, give identical binaries.
# usage: reproducible.sh      builds twice; part of make check-long
set -u
cd "$(dirname "$0")/../.."
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
. tests/shell/assert.sh
if ! git rev-parse -q --verify HEAD >/dev/null 2>&1; then
  echo 'reproducible: 0 passed, 0 failed: no git repository here: two clones is not run'; exit 0
fi
for folder in "$W/a" "$W/longer/folder/b"; do
  git -c advice.detachedHead=false clone -q . "$folder" && make -C "$folder" -j"$(nproc)" all >"$W/log" 2>&1
  ok $? "the build in $folder: $(tail -5 "$W/log")"
done
for file in modelassay modelassay-serve libmodelassay.a libmodelassay.so.0; do
  t 0 '^$' cmp "$W/a/build/$file" "$W/longer/folder/b/build/$file"
done
finish reproducible
