#!/usr/bin/env bash
# What a browser makes of the status page when names are hostile; for check-long.  usage: bash browser.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v chromium >/dev/null || { echo "browser: no chromium here: what a browser makes of the status page is not run"; echo "0 passed, 0 failed"; exit; }
W=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$W"' EXIT
. tests/serve/daemon.sh
corpus_files "$W/made" pickle/plain-data torch/os-system
start
for name in '%3cscript%3edocument.title=%22owned%22%3c%2fscript%3e' '%3cimg%20src=x%20onerror=document.title=1%3e' '%22%3e%3cb%20id=owned%3e' '%26lt;i%26gt;' '%3c%2ftitle%3e%3ch3%3e'; do
  is "upload $name" 422 "$(put "$W/made/torch/os-system.pt" "$name")"
done
chromium --headless --no-sandbox --disable-gpu --user-data-dir="$W/profile" --dump-dom "$URL/" > "$W/dom" 2>"$W/err"
has 'the page is there' '<h1>modelassay gate</h1>' "$(cat "$W/dom")"
has 'its title is its own' '<title>modelassay gate</title>' "$(cat "$W/dom")"
is 'no element but ours' 0 "$(grep -cE '<(script|img|b|i|h3)[ >]' "$W/dom")"
is 'each name is there' 5 "$(grep -cE '<td class="malicious">' "$W/dom")"
stop
finish browser
