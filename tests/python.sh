#!/usr/bin/env bash
# The Python package: against the built library, then from a wheel.  usage: python.sh BUILD
# PYTHON: Debian's, which sees Debian's torch, joblib, numpy and onnx.
set -u
cd "$(dirname "$0")/.."
B=$(realpath "$1")
PYTHON=${PYTHON:-/usr/bin/python3}
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
. tests/shell/assert.sh
if grep -q __asan_init "$B/modelassay"; then echo "python: 0 passed, 0 failed (AddressSanitizer wants to be first: is not run)"; exit 0; fi
export MODELASSAY_BINARY=$B/modelassay PYTHONDONTWRITEBYTECODE=1
run() {
  local out; out=$("$PYTHON" -W error::ResourceWarning "$@" 2>&1); local code=$?
  local line; line=$(tail -1 <<<"$out")
  if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])); else failed=$((failed + 1)); fi
  grep '^python:' <<<"$out"
  [ $code = 0 ] || sed '$d' <<<"$out"
}
for t in tests/python/test_*.py; do
  MODELASSAY_LIBRARY=$B/libmodelassay.so.0 PYTHONPATH=scanner/python run "$t"
done
make --no-print-directory -s B="$1" DESTDIR="$W" PYDIR=/site PYTHON="$PYTHON" install-python > "$W/log" 2>&1; ok $? "make install-python: $(tail -3 "$W/log")"
(cd "$W" && PYTHONPATH=$W/site "$PYTHON" -c 'import modelassay as m, pickle; open("a.pkl", "wb").write(pickle.dumps([1])); m.check("a.pkl")') > "$W/log" 2>&1
ok $? "as make install-python puts it: $(tail -3 "$W/log")"
(cd "$W" && MODELASSAY_LIBRARY=/none.so PYTHONPATH=$W/site "$PYTHON" -c 'import modelassay') > "$W/log" 2>&1
[ $? = 1 ] && grep -q 'ImportError: modelassay: /none.so' "$W/log"; ok $? "a missing library: $(tail -1 "$W/log")"
if "$PYTHON" -c 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ("pip", "setuptools", "wheel"))))'; then
  make --no-print-directory -s B="$1" PYTHON="$PYTHON" WHEELS="$W" wheel > "$W/log" 2>&1; ok $? "make wheel: $(tail -3 "$W/log")"
  "$PYTHON" -m pip install -q --no-index --no-deps --target "$W/env" "$W"/modelassay-*.whl > "$W/log" 2>&1; ok $? "pip install: $(tail -3 "$W/log")"
  (cd "$W" && PYTHONPATH=$W/env "$PYTHON" -c 'import modelassay as m; assert m.__file__.startswith("'"$W"'/env"); m.check("a.pkl")') > "$W/log" 2>&1
  ok $? "from the wheel: $(tail -3 "$W/log")"
else
  echo "python: no pip, setuptools or wheel here (make test-deps installs them): the wheel is not run"
fi
finish python
