#!/usr/bin/env bash
# Installs the producers that are missing (Debian's packages) and runs benign.py with Debian's Python.
# usage: benign.sh BINARY FOLDER [LIBRARY...]
set -eu
cd "$(dirname "$0")/../.."
tests/deps.sh benign || echo "benign: some producers could not be installed; the others are used"
exec "${PYTHON:-/usr/bin/python3}" -W ignore tests/benign/benign.py "$@"
