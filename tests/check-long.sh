#!/usr/bin/env bash
# What is too slow for every commit: the corpus under AddressSanitizer and UBSan.
set -eu
cd "$(dirname "$0")/.."
B=$1-asan
make --no-print-directory -j"$(nproc)" B="$B" SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" OPT=-O1 all unit
exec tests/check.sh "$B"
