#!/usr/bin/env bash
# Runs fuzz targets in turn, each for some seconds.  usage: fuzz.sh BUILD SECONDS TARGET...
# New inputs are kept in BUILD/fuzz/found/TARGET; what crashes, in BUILD/fuzz/crash-TARGET-*.
set -u
B=$1 T=$2; shift 2
here=$(dirname "$0")
bad=0
printf '%-12s %12s %9s %9s  %s\n' target executions edges features result
for name in "$@"; do
  mkdir -p "$B/fuzz/found/$name"
  dict=(); [ ! -e "$here/dict/$name.dict" ] || dict=("-dict=$here/dict/$name.dict")
  log=$B/fuzz/$name.log
  "$B/fuzz/fuzz-$name" -max_total_time="$T" -timeout=25 -rss_limit_mb=3000 -print_final_stats=1 "${dict[@]}" \
    -artifact_prefix="$B/fuzz/crash-$name-" "$B/fuzz/found/$name" "$B/fuzz/seeds/$name" >"$log" 2>&1
  code=$?
  runs=$(grep -oE 'number_of_executed_units: +[0-9]+' "$log" | grep -oE '[0-9]+$')
  cov=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -1)
  printf '%-12s %12s %9s %9s  %s\n' "$name" "${runs:-0}" "$(cut -d' ' -f2 <<<"$cov")" "$(cut -d' ' -f4 <<<"$cov")" \
    "$([ $code = 0 ] && echo 'no finding' || echo "FINDING, see $log")"
  [ $code = 0 ] || bad=1
done
exit $bad
