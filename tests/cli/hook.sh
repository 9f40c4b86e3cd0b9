#!/usr/bin/env bash
# modelassay hook pre-receive in a bare repository, with real git (and git-lfs where it is).  usage: hook.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v git >/dev/null || { echo "hook: no git here: the hook is not run"; echo "0 passed, 0 failed"; exit 0; }
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
python3 tests/mk.py corpus "$W/made" pickle/os-system-reduce pickle/plain-data torch/state-dict torch/os-system >/dev/null
clean=$W/made/torch/state-dict.pt bad=$W/made/torch/os-system.pt
passed=0 failed=0
export GIT_CONFIG_GLOBAL=$W/config GIT_CONFIG_NOSYSTEM=1 HOME=$W GIT_TERMINAL_PROMPT=0
git config --global user.name t; git config --global user.email t@example.org; git config --global init.defaultBranch main
git init -q --bare "$W/bare.git"; git init -q "$W/work"; cd "$W/work" || exit 1
git remote add origin "$W/bare.git"
printf '#!/bin/sh\nexec "%s" hook pre-receive --cache "%s/s.db" $HOOK_OPTIONS\n' "$M" "$W" > "$W/bare.git/hooks/pre-receive"; chmod +x "$W/bare.git/hooks/pre-receive"
# push WANTED PATTERN MESSAGE: commits all there is and pushes; refused commits are taken back.
push() {
  local want=$1 pattern=$2 out code; git add -A; git commit -qm "$3"
  out=$(git push -q origin HEAD:main 2>&1); code=$?
  if [ $code = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "not ok - $3: exit $code, wanted $want and /$pattern/: $out"; fi
  [ $code = 0 ] || git reset -q --hard HEAD~1
}
echo hello > README.md; cp "$clean" model.pt
push 0 '' 'a clean model and a text'
cp "$bad" b.pt; push 1 'refused: b.pt: malicious: PICKLE-EXEC-001' 'a bad one'
cp "$bad" b.txt; push 1 'refused: b.txt: malicious' 'a bad one by another name'
mkdir -p sub/dir; cp "$bad" $'sub/dir/new\nline\x1b[31m.pt'; push 1 'refused: sub/dir/new..?.?.?line' 'a hostile name'
cp "$bad" $'\xff.pt'; push 1 'refused: .xff.pt: malicious' 'a name that is no UTF-8'
cp "$bad" ./-rf.pt; push 1 'refused: -rf.pt' 'a name like an option'
echo hello2 > notes.txt; push 0 '' 'text is no model'
mv notes.txt notes.pkl; push 1 'refused: notes.pkl: incomplete' 'the same text as a model: its bytes are not new, its name is'
head -c -1 "$W/made/pickle/plain-data.pkl" > cut.pkl; push 1 'refused: cut.pkl: incomplete' 'damaged'
# A bad file that the next commit deletes is in the history all the same.
cp "$bad" gone.pt; git add -A; git commit -qm add; git rm -q gone.pt
push 1 'refused: gone.pt' 'deleted again'; git reset -q --hard HEAD~1
# In a merge only, by a tag, and under a second name.
cp "$clean" copy.pt; push 0 '' 'a copy'
git tag evil "$(git hash-object -w "$bad")"; out=$(git push -q origin evil 2>&1); code=$?
{ [ $code = 1 ] && grep -q 'refused: a blob without a name: malicious' <<<"$out"; } && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok - tag of a blob: $code $out"; }
git tag -d evil >/dev/null
git checkout -q -b side; echo s > s; git add -A; git commit -qm side; git checkout -q -; echo m > m; git add -A; git commit -qm m
git merge -q --no-commit side 2>/dev/null; cp "$bad" merged.pt; push 1 'refused: merged.pt' 'in a merge only'
git reset -q --hard origin/main
# Deleting a branch, pushing nothing new, many files.
git push -q origin HEAD:other && git push -q origin :other && passed=$((passed + 1)) || { failed=$((failed + 1)); echo 'not ok - a branch comes and goes'; }
mkdir many; for i in $(seq 40); do echo "$i" > "many/$i.txt"; done; cp "$bad" many/x.bin
push 1 'refused: 1 of 41 pushed files' 'many'
export HOOK_OPTIONS=--no-such-option; echo x > x; push 1 'no-such-option' 'a hook that is set up wrongly refuses'; unset HOOK_OPTIONS
# LFS: the pointer is small, what it names counts.
object() { local sha; sha=$(sha256sum "$1" | cut -d' ' -f1); printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %s\n' "$sha" "$(stat -c %s "$1")" > "$2"
  [ "${3:-}" = absent ] || { mkdir -p "$W/bare.git/lfs/objects/${sha:0:2}/${sha:2:2}"; cp "${3:-$1}" "$W/bare.git/lfs/objects/${sha:0:2}/${sha:2:2}/$sha"; }; }
object "$clean" l.pt; push 0 '' 'LFS: clean'
object "$bad" l2.pt; push 1 'refused: l2.pt: malicious' 'LFS: bad'
cat "$clean" "$clean" > "$W/third.pt"; object "$W/third.pt" l3.pt absent; push 1 'refused: l3.pt: incomplete: its LFS object is not here' 'LFS: not there'
object "$W/third.pt" l3.pt "$clean"; push 1 'refused: l3.pt: malicious: its LFS object is not the one' 'LFS: another object'
{ printf 'version https://git-lfs.github.com/spec/v1\n'; cat "$W/made/pickle/os-system-reduce.pkl"; } > l4.pkl; push 1 'refused: l4.pkl' 'LFS: only looks like a pointer'
if command -v git-lfs >/dev/null; then
  git lfs install --local >/dev/null 2>&1; git lfs track '*.lfs.pt' >/dev/null; git config lfs.allowincompletepush true
  cp "$clean" real.lfs.pt; push 0 '' 'git-lfs: clean'
  [ -n "$(git -C "$W/work" lfs ls-files)" ] && passed=$((passed + 1)) || failed=$((failed + 1))
  echo >> "$W/third.pt"; cp "$bad" real2.lfs.pt; push 1 'refused: real2.lfs.pt: malicious' 'git-lfs: bad'
else echo "hook: no git-lfs here: pointers are written by hand, git-lfs is not run"; fi
echo "hook: $passed passed, $failed failed"
[ $failed = 0 ]
