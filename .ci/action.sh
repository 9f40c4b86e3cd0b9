#!/usr/bin/env bash
# The scan of action.yml: one scan, four reports, and what the workflow asks about it.
# Reads MODELASSAY_PATHS (one a line), _FAIL_ON, _POLICY and _REPORTS; exits as modelassay does.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
modelassay=$(command -v modelassay || echo "$here/build/modelassay")
reports=${MODELASSAY_REPORTS:-modelassay-reports}
mkdir -p -- "$reports" || exit 2
paths=()
while IFS= read -r p; do [ -z "$p" ] || paths+=("$p"); done <<<"${MODELASSAY_PATHS:-}"
[ ${#paths[@]} -gt 0 ] || { echo "modelassay: the input paths is empty" >&2; exit 64; }
options=(--fail-on "${MODELASSAY_FAIL_ON:-suspicious}")
[ -z "${MODELASSAY_POLICY:-}" ] || options+=(--policy "$MODELASSAY_POLICY")
# Names of files may start a line of the log, and "::..." would be a command to the runner: it is told to stop
# listening, until a word that no file can know.
word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$word"
"$modelassay" scan --color never --report sarif="$reports/report.sarif" --report json="$reports/report.json" \
  --report html="$reports/report.html" --report md="$reports/summary.md" "${options[@]}" -- "${paths[@]}"
code=$?
echo "::$word::"
[ ! -f "$reports/summary.md" ] || cat "$reports/summary.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
{
  echo "verdict=$(sed -n '1s/^### modelassay: //p' "$reports/summary.md" 2>/dev/null)"
  echo "exit-code=$code"
  echo "sarif=$reports/report.sarif"
} >> "${GITHUB_OUTPUT:-/dev/null}"
exit $code
