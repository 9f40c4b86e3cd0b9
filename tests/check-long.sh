#!/usr/bin/env bash
# What is too slow for every commit: builds with the caller's flags and in two folders, each
# allocation that fails in turn, valgrind, 100,000 files, the daemon under load, a browser, and
# make check again under AddressSanitizer and UBSan.
# usage: check-long.sh BUILD      after make check; says what it leaves out and why
set -eu
cd "$(dirname "$0")/.."
B=$1 MAKE="make --no-print-directory -j$(nproc)"
case ${MAKEFLAGS:-} in
  *'-- '*) export MAKEFLAGS="-- ${MAKEFLAGS#*-- }" ;;
  *) unset MAKEFLAGS ;;
esac
say() { printf '\n--- %s\n' "$*"; }

say 'the flags of a distribution'
$MAKE B="$B-flags" CFLAGS=-O3 CPPFLAGS=-DX LDFLAGS=-Wl,--as-needed all
tests/make/hardening.sh "$B-flags"
"$B-flags/modelassay" selftest

say 'two clones in two folders'
tests/make/reproducible.sh

say 'each allocation of each seed'
for t in "$B"/fuzz/replay-*; do
  echo "$t"; EVERY=1 "$t" "$B/fuzz/seeds/${t##*replay-}" 2>/dev/null
done
python3 tests/fault/fault.py "$B/modelassay" "$B/fault/shim.so" corpus "$B/fault/long"

if command -v valgrind >/dev/null; then
  say 'valgrind'
  for t in "$B"/unit/test_*; do
    echo "$t"; valgrind -q --error-exitcode=9 --leak-check=full "$t" >/dev/null
  done
else
  echo 'check-long: no valgrind here (make long-deps installs it): is not run'
fi

say 'pickles of allowed names, loaded for real'
$MAKE B="$B" attack T=60 SEED="$(date +%s)"
say 'a folder of 100,000 files'
python3 tests/fault/many.py "$B/modelassay"
say 'the daemon under load'
$MAKE B="$B" bench-gate GIB=2.1 LOOSE=10
bash tests/serve/browser.sh "$B/modelassay"

say 'AddressSanitizer and UBSan'
$MAKE B="$B-asan" SAN='-fsanitize=address,undefined -fno-sanitize-recover=all' OPT=-O1 \
  NPM="$B/npm" check
