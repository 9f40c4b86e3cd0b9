#!/usr/bin/env bash
# What is too slow for every commit: the corpus under AddressSanitizer and UBSan, the report forms by validators from npm,
# the unit tests under valgrind, each allocation failing in turn, a folder of 100,000 files.
set -eu
cd "$(dirname "$0")/.."
tests/deps.sh forms long python
tests/python.sh "$1"
if command -v npm >/dev/null; then
  mkdir -p "$1/npm" && cp tests/forms/npm/package*.json "$1/npm/"
  (cd "$1/npm" && npm ci --silent --ignore-scripts --no-audit --no-fund) && chmod +x "$1"/npm/node_modules/@microsoft/*/Sarif.Multitool
else
  echo "check-long: no npm here: SARIF is checked by tests/forms/sarif.py alone"
fi
export SARIF_MULTITOOL=$1/npm/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
for t in "$1"/fuzz/replay-*; do                 # each allocation of each seed
  case $t in *.d) ;; *) echo "EVERY=1 $t"; EVERY=1 "$t" "$1/fuzz/seeds/${t##*replay-}" 2>/dev/null ;; esac
done
for t in "$1"/unit/test_*; do
  case $t in *.d) ;; *) echo "valgrind $t"; valgrind -q --error-exitcode=9 --leak-check=full "$t" >/dev/null ;; esac
done
make --no-print-directory B="$1" attack T=60 SEED="$(date +%s)"
python3 tests/fault/many.py "$1/modelassay"
make --no-print-directory B="$1" bench-gate GIB=2.1 LOOSE=10
bash tests/serve/browser.sh "$1/modelassay"
B=$1-asan
make --no-print-directory -j"$(nproc)" B="$B" SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" OPT=-O1 all unit replay shim faulty
python3 tests/fault/fault.py "$1/modelassay" "$1/fault/shim.so" corpus "$1/fault/long"     # each allocation in turn
exec tests/check.sh "$B"
