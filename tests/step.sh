#!/usr/bin/env bash
# Runs one step of make check and keeps its output and its numbers.
# usage: step.sh BUILD NAME COMMAND...
#   BUILD/check/NAME.log      what it prints
#   BUILD/check/NAME.result   passed, failed and checks, exit code, seconds of CPU and of wall time
# A step says "N passed, N failed" of its test cases, and "N checks" of what they look at; cmocka,
# replayed inputs and a command without numbers are counted as well. With ONE_CASE set, what the
# step counts are the checks of one case. With MA_CHECK_ALL set the exit code is 0, so
# that the other steps run; tests/summary.sh decides.
set -u
B=$1 name=$2; shift 2
log=$B/check/$name.log result=$B/check/$name.result
mkdir -p "$(dirname "$log")"; rm -f "$result"
# A make inside a step takes the variables of this one, but not its jobs.
case ${MAKEFLAGS:-} in
  *'-- '*) export MAKEFLAGS="-- ${MAKEFLAGS#*-- }" ;;
  *) unset MAKEFLAGS ;;
esac
unset MFLAGS MAKELEVEL MAKEOVERRIDES

TIMEFORMAT='%U %S %R'
exec 3>&1
times=$( { time "$@" >"$log" 2>&1 3>&-; echo $? >&4; } 4>"$result.code" 2>&1)
code=$(cat "$result.code"); rm -f "$result.code"
number() { grep -oE "[0-9]+ $1" "$log" | tail -1 | grep -oE '[0-9]+'; }
passed=$(number passed) failed=$(number failed) checks=$(number checks)
if [ -z "$passed" ]; then
  passed=$(grep -cE '^\[       OK \]' "$log") failed=$(grep -cE '^\[  FAILED  \] test' "$log")
  [ "$passed$failed" != 00 ] || { [ $code = 0 ] && passed=1; }
fi
[ -n "$checks" ] || checks=$(number inputs)
if [ -n "${ONE_CASE:-}" ]; then
  checks=$((passed + failed))
  if [ $code = 0 ] && [ "$failed" = 0 ]; then passed=1; else passed=0 failed=1; fi
fi
[ $code = 0 ] || [ "${failed:-0}" != 0 ] || failed=1
read -r user system wall <<<"$times"
echo "${passed:-0} ${failed:-0} ${checks:-0} $code $user $system $wall" > "$result"

[ $code = 0 ] && [ "${failed:-0}" = 0 ] && word=TEST || word=FAILED
printf '  %-7s %-28s %s passed, %s failed\n' $word "$name" "${passed:-0}" "${failed:-0}"
[ -z "${MA_CHECK_ALL:-}" ] || exit 0
[ $word = TEST ] || cat "$log"
[ $word = TEST ]
