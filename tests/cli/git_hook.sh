#!/usr/bin/env bash
# modelassay hook pre-receive in a bare repository, with real git (and git-lfs where it is).  usage: git_hook.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
command -v git >/dev/null || { echo "hook: no git here: the hook is not run"; echo "0 passed, 0 failed"; exit 0; }
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
python3 tests/corpus_builder.py corpus "$W/made" pickle/os-system-reduce pickle/plain-data torch/state-dict torch/os-system >/dev/null
clean=$W/made/torch/state-dict.pt bad=$W/made/torch/os-system.pt
passed=0 failed=0
export GIT_CONFIG_GLOBAL=$W/config GIT_CONFIG_NOSYSTEM=1 HOME=$W GIT_TERMINAL_PROMPT=0
git config --global user.name t; git config --global user.email t@example.org; git config --global init.defaultBranch main
git init -q --bare "$W/bare.git"; git init -q "$W/work"; cd "$W/work" || exit 1
git remote add origin "$W/bare.git"
printf '#!/bin/sh\nexec "%s" hook pre-receive --cache "%s/s.db" $HOOK_OPTIONS\n' "$M" "$W" > "$W/bare.git/hooks/pre-receive"; chmod +x "$W/bare.git/hooks/pre-receive"
# push WANTED PATTERN MESSAGE: commits all there is and pushes; refused commits are taken back.
push() {
  local want=$1 pattern=$2 out code; git add -A 2>/dev/null; git commit -qm "$3"
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
# Pointers that git-lfs reads and does not write, under a name without a model's ending; and texts that only speak
# of it. git-lfs itself says what it reads.
object "$bad" "$W/plain"
mkdir -p odd near
python3 - "$W/plain" odd near <<'PY'
import sys
plain = open(sys.argv[1], "rb").read()
version, oid, size = plain.split(b"\n")[:3]
join = lambda *lines: b"".join(line + b"\n" for line in lines)
ext = b"ext-0-x sha256:" + b"0" * 64
odd = {
    "crlf": plain.replace(b"\n", b"\r\n"), "newline-first": b"\n" + plain, "blanks-first": b"  \t" + plain,
    "hawser": plain.replace(version, b"version https://hawser.github.com/spec/v1"),
    "git-media": plain.replace(version, b"version http://git-media.io/v/2"), "no-end": plain[:-1],
    "blank-lines": plain.replace(b"\n", b"\n\n"), "plus": plain.replace(b"size ", b"size +"), "zero": plain.replace(b"size ", b"size 00"),
    "extension": join(version, ext, oid, size), "extension-first": join(ext, version, oid, size),
    "nbsp": b"\xc2\xa0\xe2\x80\x83" + plain, "padded": plain + b"\n" * 1024, "padded-code": plain + b" " * 1024 + b"cos\nsystem\n",
    "long-blanks": b"\n" * 800 + plain, "form-feed": b"\f\v" + plain,
    "two-blanks": plain.replace(b"version ", b"version  "), "upper": plain.replace(oid, oid.upper().replace(b"OID SHA", b"oid sha")),
    "more-lines": plain + b"x y\n", "other-order": join(version, size, oid), "version-only": version + b"\n", "bom": b"\xef\xbb\xbf" + plain,
    "size-large": join(version, oid, b"size 9223372036854775808"), "size-negative": join(version, oid, b"size -1"),
    "short-oid": join(version, oid[:-1], size), "next-version": plain.replace(b"spec/v1", b"spec/v2"),
}
near = {
    "README.md": b"# Weights\nThey are stored with git-lfs: https://git-lfs.github.com\n\n" + plain,
    "NEWS": b"version 1.2 needs git-lfs, see https://git-lfs.github.com\n", "ext.md": b"ext-0 is a git-lfs extension\n",
    "versions": b"version https://example.org/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 5\n", "gitattributes": b"*.pt filter=lfs diff=lfs merge=lfs -text\n",
    "quoted": b"> " + plain,
}
for folder, files in (sys.argv[2], odd), (sys.argv[3], near):
    for name, data in files.items():
        open(folder + "/" + name, "wb").write(data)
PY
if command -v git-lfs >/dev/null; then
  git lfs pointer --check --file "$W/plain" 2>/dev/null && passed=$((passed + 1)) || { failed=$((failed + 1)); echo 'not ok - git-lfs does not read a plain pointer'; }
  read=0; for f in odd/*; do git lfs pointer --check --file "$f" >/dev/null 2>&1 && read=$((read + 1)); done
  [ $read -ge 14 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok - git-lfs reads $read of the odd pointers"; }
  for f in near/*; do git lfs pointer --check --file "$f" >/dev/null 2>&1 && { failed=$((failed + 1)); echo "not ok - git-lfs reads $f"; }; done
fi
mv near "$W/near"; odd=$(ls odd | wc -l); push 1 "refused: $odd of $odd pushed files" 'LFS: every odd pointer is refused'
mkdir odd; printf '\n' > odd/crlf; sed 's/$/\r/' "$W/plain" >> odd/crlf
push 1 'refused: odd/crlf: incomplete: an LFS pointer that is not in canonical form: add the file again with git-lfs' 'LFS: not canonical'
mv "$W/near" near; push 0 '' 'LFS: texts that are no pointers'
# Attributes by which a checkout writes other bytes: this text becomes a pickle.
pickle=$'cos\nsystem\n(S\'id\'\ntR.'
for line in 'x.txt working-tree-encoding=IBM037' $'\t[attr]model  -text\tworking-tree-encoding=UTF-16LE\r' '* ident'; do
  printf '%s\n' "# none here" "$line" > near/.gitattributes
  printf '%s' "$pickle" > near/x.txt; push 1 'refused: near/.gitattributes: incomplete: .*: (working-tree-encoding|ident)' "attribute: $line"
done
printf '%s\n' '* text=auto -ident' '*.dat filter=lfs diff=lfs merge=lfs -text' 'ident text' '# * ident' 'b.txt -working-tree-encoding' '*.txt eol=lf' > near/.gitattributes
push 0 '' 'attributes that rewrite nothing'
# Replace refs: a push of one makes git show a harmless blob for a malicious one, and a clone gets the malicious one.
cp "$bad" weights.dat; x=$(git hash-object -w weights.dat); b=$(git hash-object -w README.md); rm weights.dat
out=$(git push -q origin "$b:refs/replace/$x" 2>&1); code=$?
{ [ $code = 1 ] && grep -q 'refs/replace/ makes git show other objects' <<<"$out"; } && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "not ok - a replace ref: $code $out"; }
git push -q origin "$b:refs/tags/a-blob" 2>/dev/null && passed=$((passed + 1)) || { failed=$((failed + 1)); echo 'not ok - a tag of the same blob'; }
git -C "$W/bare.git" update-ref "refs/replace/$x" "$b"
cp "$bad" weights.dat; push 1 'refused: weights.dat: malicious' 'a replace ref that is there already'
git push -q origin ":refs/replace/$x" 2>/dev/null && passed=$((passed + 1)) || { failed=$((failed + 1)); echo 'not ok - a replace ref may be deleted'; }
if command -v git-lfs >/dev/null; then
  git lfs install --local >/dev/null 2>&1; git lfs track '*.lfs.pt' >/dev/null; git config lfs.allowincompletepush true
  cp "$clean" real.lfs.pt; push 0 '' 'git-lfs: clean'
  [ -n "$(git -C "$W/work" lfs ls-files)" ] && passed=$((passed + 1)) || failed=$((failed + 1))
  echo >> "$W/third.pt"; cp "$bad" real2.lfs.pt; push 1 'refused: real2.lfs.pt: malicious' 'git-lfs: bad'
else echo "hook: no git-lfs here: pointers are written by hand, git-lfs is not run"; fi
echo "hook: $passed passed, $failed failed"
[ $failed = 0 ]
