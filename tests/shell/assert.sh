# assert.sh - what the shell tests share; sourced with the root of the source tree as working folder.
passed=0 failed=0 checks=0 wrong=0 by_case=

# ok STATUS WHAT: one check, which holds if STATUS is 0. Each is a case, unless by_case is set.
ok() {
  checks=$((checks + 1))
  if [ "$1" != 0 ]; then wrong=$((wrong + 1)); echo "not ok - $2"; fi
  [ -n "$by_case" ] || end_case
}

# end_case: the checks since the one before are a case, which passes when each of them holds.
end_case() {
  if [ $wrong = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  wrong=0
}

# is WHAT WANTED GOT
is() { [ "$2" = "$3" ]; ok $? "$1: wanted $2, got $3"; }

# has WHAT PATTERN TEXT: an extended regular expression in a text.
has() { grep -qE -- "$2" <<<"$3"; ok $? "$1: no /$2/ in: $(head -c 600 <<<"$3")"; }

# t EXIT PATTERN COMMAND...: the exit code, and an extended regular expression over stdout and stderr together.
t() {
  local want=$1 pattern=$2 out got; shift 2
  out=$("$@" 2>&1 </dev/null); got=$?
  [ $got = "$want" ] && grep -qE -- "$pattern" <<<"$out"
  ok $? "$*: exit $got, wanted $want and /$pattern/: $(head -20 <<<"$out")"
}

# corpus_files FOLDER NAME...: these files of the corpus, copied from $CORPUS where that is a corpus that was built.
corpus_files() {
  local folder=$1 name; shift
  if [ -z "${CORPUS:-}" ]; then python3 tests/corpus_builder.py corpus "$folder" "$@"; return; fi
  for name in "$@"; do
    mkdir -p "$folder/${name%/*}" && cp "$CORPUS/$name".* "$folder/${name%/*}/"
  done
}

# sandbox_of BINARY: how it separates its workers: none, seccomp or seccomp+landlock.
sandbox_of() { printf '\200\002N.' | "$1" scan --format json - 2>/dev/null | sed -nE 's/.*"sandbox":[[:space:]]*"([^"]*)".*/\1/p'; }

# finish NAME: prints the counts; its status is that of the test.
finish() { echo "$1: $passed passed, $failed failed ($checks checks)"; [ $failed = 0 ]; }
