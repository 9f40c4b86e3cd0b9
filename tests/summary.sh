#!/usr/bin/env bash
# The results of make check: each step's numbers, what was not run and why, the output of what
# failed. usage: summary.sh BUILD STEP...      closes with "N passed, N failed"
set -u
B=$1; shift
total_passed=0 total_failed=0 total_checks=0 bad=() not_run=()
printf '\n%-28s %7s %7s %7s %8s %8s\n' step passed failed checks 'CPU s' 'wall s'
for name in "$@"; do
  result=$B/check/$name.result log=$B/check/$name.log
  if ! read -r passed failed checks code user system wall 2>/dev/null <"$result"; then
    passed=0 failed=1 checks=0 code=none user=0 system=0 wall=0
  fi
  cpu=$(awk "BEGIN { printf \"%.1f\", $user + $system }")
  printf '%-28s %7s %7s %7s %8s %8.1f\n' "$name" "$passed" "$failed" "$checks" "$cpu" "$wall"
  total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
  total_checks=$((total_checks + checks))
  [ "$code" = 0 ] && [ "$failed" = 0 ] || bad+=("$name")
  while IFS= read -r line; do
    not_run+=("$name: $line")
  done < <(grep -E 'is not run\)?$' "$log" 2>/dev/null)
done
printf '%-28s %7s %7s %7s\n' 'in all' $total_passed $total_failed $total_checks
if [ ${#not_run[@]} -gt 0 ]; then
  echo; echo "Not run, for want of what \`make test-deps\` installs or this machine allows:"
  printf '  %s\n' "${not_run[@]}"
fi
for name in ${bad[@]+"${bad[@]}"}; do
  echo; echo "--- $name ($B/check/$name.log)"
  tail -40 "$B/check/$name.log" 2>/dev/null | sed 's/^/    /'
done
echo
echo "$total_passed passed, $total_failed failed"
[ $total_failed = 0 ]
