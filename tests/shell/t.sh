# t.sh - what tests of commands share; sourced.  Counts in passed and failed.
passed=0 failed=0
# t EXIT PATTERN COMMAND...: exit code, and an extended regex over stdout and stderr together.
t() {
  local want=$1 pattern=$2 out got; shift 2
  out=$("$@" 2>&1 </dev/null); got=$?
  if [ $got = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $* : exit $got, wanted $want and /$pattern/: $out"; fi
}
