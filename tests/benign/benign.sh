#!/usr/bin/env bash
# Runs benign.py with Debian's Python and the producers that are installed (make benign-deps).
# usage: benign.sh BINARY FOLDER [LIBRARY...]
set -eu
cd "$(dirname "$0")/../.."
exec "${PYTHON:-/usr/bin/python3}" -W ignore tests/benign/benign.py "$@"
