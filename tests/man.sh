#!/usr/bin/env bash
# Man pages and completions hold each option of --help and each symbol of the library; the shells and mandoc accept them.
# usage: man.sh BUILD
set -u
cd "$(dirname "$0")/.."
B=$(realpath "$1") M=$(realpath "$1")/modelassay
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
. tests/shell/assert.sh
# lists TEXT PATTERN WHAT: as has(), with a message that says it all.
lists() { grep -qE -- "$2" <<<"$1"; ok $? "$3"; }
# --- not stale ----------------------------------------------------------------
python3 docs/make_man.py "$M" scanner/modelassay.h "$W/man" >/dev/null && python3 docs/make_completions.py "$M" "$W/completions" >/dev/null || ok 1 "the generators"
rm -rf docs/man/__pycache__
for d in man completions; do
  diff -r -x '*.py' "docs/$d" "$W/$d" >"$W/diff"; ok $? "docs/$d is stale (make docs): $(head -5 "$W/diff")"
done
# --- every option, in its page and in all three shells ---------------------------
# text PAGE: its text, without the marks of roff.
text() { sed -E 's/\\f[BIRP]//g; s/\\-/-/g; s/\\e/\\/g' "$1"; }
commands=$("$M" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
[ "$(wc -w <<<"$commands")" -ge 10 ]; ok $? "no commands in --help"
bash_text=$(cat docs/completions/modelassay.bash) zsh_text=$(cat docs/completions/_modelassay) fish_text=$(cat docs/completions/modelassay.fish)
all=$(text docs/man/modelassay.1)
for c in $commands; do
  lists "$all" "^\.B $c\$" "modelassay.1 does not list $c"
  [ -f "docs/man/modelassay-$c.1" ] || { ok 1 "no page for $c"; continue; }
  page=$(text "docs/man/modelassay-$c.1")
  bash_arm=$(grep -E "^    $c\) opts=" <<<"$bash_text")
  zsh_arm=$(sed -n "/^    $c)\$/,/;;\$/p" <<<"$zsh_text")
  fish_arm=$(grep -E "__fish_seen_subcommand_from $c'" <<<"$fish_text")
  for o in $("$M" "$c" --help | grep -oE '^ +--?[a-z0-9][a-z0-9-]*') --help; do
    lists "$page" "^$o( |\$)" "modelassay-$c.1 lacks $o"
    lists "$bash_arm" "[ ']$o[ ']" "bash, $c: $o is missing"
    lists "$zsh_arm" "'\*?$o\[" "zsh, $c: $o is missing"
    case $o in --*) lists "$fish_arm" " -l ${o#--} " "fish, $c: $o is missing" ;; *) lists "$fish_arm" " -s ${o#-} " "fish, $c: $o is missing" ;; esac
  done
done
# --- every exported symbol, and no other ------------------------------------------
library=$(text docs/man/libmodelassay.3)
symbols=$(nm -g --defined-only "$B/libmodelassay.a" 2>/dev/null | sed -nE 's/.* T (ma_[a-z0-9_]+)$/\1/p' | sort -u)
[ "$(wc -l <<<"$symbols")" -ge 20 ]; ok $? "nm sees no library"
for s in $symbols; do lists "$library" "\b$s\(" "libmodelassay.3 lacks $s"; done
for s in $(grep -oE '\bma_[a-z0-9_]+\(' <<<"$library" | tr -d '(' | grep -v '_fn$' | sort -u); do lists "$symbols" "^$s\$" "libmodelassay.3 has $s, the library has not"; done
# --- checked by mandoc and the shells --------------------------------------------------------
if command -v mandoc >/dev/null; then
  # The date is empty on purpose: a page changes with the program only.
  lint=$(mandoc -Tlint -W warning docs/man/*.[13] | grep -v 'missing date')
  [ -z "$lint" ]; ok $? "mandoc: $lint"
  lists "$(mandoc -Tascii docs/man/modelassay-scan.1 | col -b 2>/dev/null)" '--redact' "mandoc shows no --redact"
else
  echo "man: no mandoc here: its check of the pages is not run"
fi
# offers WORDS...: what bash offers for the last of them.
offers() {
  bash -c 'compopt() { :; }; . docs/completions/modelassay.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); PATH=$0:$PATH; _modelassay; printf "%s\n" "${COMPREPLY[@]}"' "$B" "$@"
}
lists "$(offers modelassay sc)" '^scan$' "bash: sc"
lists "$(offers modelassay scan --form)" '^--format$' "bash: --form"
lists "$(offers modelassay scan --format sa)" '^sarif$' "bash: --format sa"
lists "$(offers modelassay explain PICKLE-EXEC-)" '^PICKLE-EXEC-001$' "bash: a rule"
lists "$(offers modelassay scan READ)" '^README.md$' "bash: a file"
[ -z "$(offers modelassay verify --max-age 3)" ]; ok $? "bash: a number is no file"
if command -v zsh >/dev/null; then
  zsh -n docs/completions/_modelassay; ok $? "zsh: syntax"
else
  echo "man: no zsh here: its completion is not run"
fi
if command -v fish >/dev/null; then
  offered() { HOME=$W fish -N -c "source docs/completions/modelassay.fish; complete -C 'modelassay $1'" 2>&1 | cut -f1; }
  lists "$(offered 'scan --form')" '^--format$' "fish: --form"
  lists "$(offered 'scan --format sa')" '^sarif$' "fish: --format sa"
  lists "$(offered 'sc')" '^scan$' "fish: sc"
  lists "$(PATH=$B:$PATH offered 'explain PICKLE-EXEC-')" '^PICKLE-EXEC-001$' "fish: a rule"
else
  echo "man: no fish here: its completion is not run"
fi
# --- installed ------------------------------------------------------------------
make --no-print-directory -s B="$1" install DESTDIR="$W/root" PREFIX=/usr >"$W/install" 2>&1 || ok 1 "make install: $(tail -3 "$W/install")"
for f in man/man1/modelassay.1 man/man1/modelassay-scan.1 man/man3/libmodelassay.3 bash-completion/completions/modelassay \
         zsh/site-functions/_modelassay fish/vendor_completions.d/modelassay.fish; do
  [ -s "$W/root/usr/share/$f" ]; ok $? "make install leaves out $f"
done
finish man
