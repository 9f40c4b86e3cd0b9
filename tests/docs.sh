#!/usr/bin/env bash
# The generated docs are those of this tree, and lack nothing that the program knows.  usage: docs.sh BUILD
set -u
cd "$(dirname "$0")/.."
B=$1
passed=0 failed=0
is() { if [ "$2" = "$3" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok - $1: $2, wanted $3"; fi; }
rm -rf "$B/docs"
counts=$(python3 docs/make_docs.py "$B/modelassay" "$B/docs") || { echo "docs: 0 passed, 1 failed"; exit 1; }
for f in LIMITS FACTS GAPS RULES; do
  diff -u "docs/$f.md" "$B/docs/$f.md" | head -20
  is "docs/$f.md is stale (make docs)" "$(cmp -s "docs/$f.md" "$B/docs/$f.md" && echo same)" same
done
# The generator reads the same files as the program does, with other eyes: nothing may fall through its patterns.
is "limits"   "$(grep -oE '^LIMITS.md: [0-9]+' <<<"$counts")" "LIMITS.md: $(grep -cE '^(LIMIT|BOUND)\(' parsers/base/limits.def)"
is "fields"   "$(grep -oE '^FACTS.md: [0-9]+' <<<"$counts")" "FACTS.md: $(grep -cE '^ +(TEXT|NUM ?) *\(' parsers/base/facts.def)"
is "gaps"     "$(grep -oE '^GAPS.md: [0-9]+' <<<"$counts")" "GAPS.md: $(grep -c '^GAP(' scanner/report/gaps.def)"
missing=""
for slug in $(grep -oP '^FAILURE\(\w+, "\K[a-z-]+' scanner/attest/failures.def); do grep -q "\`$slug\`" docs/ATTESTATION.md || missing+=" $slug"; done
is "slugs of failures that docs/ATTESTATION.md lacks" "$missing" ""
is "rules"    "$(grep -oE '^RULES.md: [0-9]+' <<<"$counts")" "RULES.md: $("$B/modelassay" rules list | wc -l)"
is "options"  "$(grep -oE '\-\-max-[a-z-]+ N' docs/LIMITS.md | sort | tr -d '\n')" \
              "$("$B/modelassay" scan --help | grep -oE '^ +--max-[a-z-]+' | sed 's/ *\(.*\)/\1 N/' | sort | tr -d '\n')"
echo "docs: $passed passed, $failed failed"
[ $failed = 0 ]
