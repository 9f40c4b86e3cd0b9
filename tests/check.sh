#!/usr/bin/env bash
# Every test that is for every commit.  usage: check.sh BUILD
# Closes with "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
B=$1
passed=0 failed=0
# run NAME COMMAND...: a test is a command; "N passed, N failed" in its output counts as that many.
run() {
  local name=$1 out code p f; shift
  out=$("$@" 2>&1); code=$?
  p=$(grep -oE '[0-9]+ passed' <<<"$out" | tail -1 | grep -oE '[0-9]+')
  f=$(grep -oE '[0-9]+ failed' <<<"$out" | tail -1 | grep -oE '[0-9]+')
  if [ -z "$p" ]; then p=$(grep -cE '^\[       OK \]' <<<"$out"); f=$(grep -cE '^\[  FAILED  \] test' <<<"$out"); fi
  [ "$p" != 0 ] || [ "${f:-0}" != 0 ] || { [ $code = 0 ] && p=1; }
  [ $code = 0 ] || [ "${f:-0}" != 0 ] || f=1
  passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0}))
  printf '%-32s %s passed, %s failed\n' "$name" "${p:-0}" "${f:-0}"
  grep -E 'is not run$' <<<"$out" | sed 's/^/    /'
  [ $code = 0 ] && [ "${f:-0}" = 0 ] || sed 's/^/    /' <<<"$out" | tail -40
}
python3 tests/corpus_builder.py corpus "$B/made" && export CORPUS=$(realpath "$B/made")        # once, for all that read it
run layers tests/layers.sh
run style python3 tests/style/style.py
run opcodes python3 tests/opcodes.py
for t in "$B"/unit/test_*; do
  case $t in *.d) ;; *) [ -x "$t" ] && run "unit/$(basename "$t")" "$t" ;; esac
done
for t in "$B"/fuzz/replay-*; do
  name=${t##*/replay-}
  case $t in *.d) ;; *) [ -x "$t" ] && run "fuzz/$name" "$t" "$B/fuzz/seeds/$name" ;; esac
done
run lib tests/lib.sh "$B"
run python tests/python.sh "$B"
run docs tests/docs.sh "$B"
run man tests/man.sh "$B"
run corpus python3 tests/corpus.py "$B/modelassay" corpus "$B/corpus"
run golden python3 tests/golden.py "$B/modelassay" corpus "$B/golden"
run gadgets python3 tests/gadgets.py "$B/modelassay" corpus "$B/gadgets"
run hostile python3 tests/hostile.py "$B/modelassay" "$B/hostile"
for t in tests/forms/*.py; do
  run "forms/$(basename "$t" .py)" python3 "$t" "$B/modelassay" "$B/forms"
done
if grep -q __asan_init "$B/modelassay"; then      # a sanitizer has an allocator of its own
  echo "fault: left out under AddressSanitizer"
else
  run fault python3 tests/fault/fault.py "$B/modelassay" "$B/fault/shim.so" corpus "$B/fault/work" "${FAULT_EVERY:-5}"
  run zygote python3 tests/fault/zygote.py "$B/modelassay"
fi
run compromised_worker tests/fault/compromised_worker.sh "$B/fault/faulty" "$B/modelassay"
run os_failures tests/fault/os_failures.sh "$B/modelassay"
run differential python3 -W ignore tests/differential/differential.py "$B/modelassay" "${N:-20000}" "${SEED:-1}"
for t in tests/store/*.sh tests/serve/*.sh; do
  [ -x "$t" ] && run "$(basename "$(dirname "$t")")/$(basename "$t" .sh)" "$t" "$B/modelassay"
done
run cli/cases python3 tests/cli/run_cases.py "$B/modelassay" "$CORPUS" tests/cli
for t in tests/cli/*.sh tests/cli/forgeries.py tests/cli/runner_can_fail.py; do
  run "cli/$(basename "${t%.*}")" "$t" "$B/modelassay"
done
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
