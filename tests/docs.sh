#!/usr/bin/env bash
# The generated documents are those of this tree, and hold everything that the program has.  usage: docs.sh BUILD
set -u
cd "$(dirname "$0")/.."
B=$1
. tests/shell/assert.sh
rm -rf "$B/docs"
counts=$(python3 docs/make_docs.py "$B/modelassay" "$B/docs") || { echo "docs: 0 passed, 1 failed"; exit 1; }
for f in LIMITS FACTS GAPS RULES; do
  diff -u "docs/$f.md" "$B/docs/$f.md" | head -20
  cmp -s "docs/$f.md" "$B/docs/$f.md"; ok $? "docs/$f.md is stale (make docs)"
done
# The generator reads the program's tables with patterns of its own: each line of a table has to be in its document.
is "limits"   "LIMITS.md: $(grep -cE '^(LIMIT|BOUND)\(' parsers/base/limits.def)" "$(grep -oE '^LIMITS.md: [0-9]+' <<<"$counts")"
is "fields"   "FACTS.md: $(grep -cE '^ +(TEXT|NUM ?) *\(' parsers/base/facts.def)" "$(grep -oE '^FACTS.md: [0-9]+' <<<"$counts")"
is "gaps"     "GAPS.md: $(grep -c '^GAP(' scanner/report/gaps.def)" "$(grep -oE '^GAPS.md: [0-9]+' <<<"$counts")"
missing=
for slug in $(grep -oP '^FAILURE\(\w+, "\K[a-z-]+' scanner/attest/failures.def); do
  grep -q "\`$slug\`" docs/ATTESTATION.md || missing+=" $slug"
done
is "slugs of failures that docs/ATTESTATION.md lacks" '' "$missing"
is "rules"    "RULES.md: $("$B/modelassay" rules list | wc -l)" "$(grep -oE '^RULES.md: [0-9]+' <<<"$counts")"
is "options"  "$(grep -oE '\-\-max-[a-z-]+ N' docs/LIMITS.md | sort | tr -d '\n')" \
              "$("$B/modelassay" scan --help | grep -oE '^ +--max-[a-z-]+' | sed 's/ *\(.*\)/\1 N/' | sort | tr -d '\n')"
finish docs
