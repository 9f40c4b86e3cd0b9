#!/usr/bin/env bash
# What a command line is expected to do beside its work: lists of files, exclusions, redaction, progress, diff,
# selftest, help.  usage: habits.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.."
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
python3 tests/corpus_builder.py corpus "$W/made" >/dev/null
cd "$W"
passed=0 failed=0
ok() { passed=$((passed + 1)); }
no() { failed=$((failed + 1)); echo "not ok - $*"; }
# t EXIT PATTERN COMMAND...: exit code, and an extended regex over stdout and stderr together.
t() {
  local want=$1 pattern=$2 out got; shift 2
  out=$("$@" 2>&1 </dev/null); got=$?
  if [ $got = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then ok; else no "$* : exit $got, wanted $want and /$pattern/: $out"; fi
}
mkdir clean bad mixed
cp made/torch/state-dict.pt clean/a.pt; cp made/torch/os-system.pt bad/b.pt
cp clean/a.pt mixed/a.pt; cp bad/b.pt mixed/b.pt; cp bad/b.pt $'mixed/new\nline.pt'
# --- lists and exclusions ----------------------------------------------------
printf 'clean/a.pt\n\nbad/b.pt\n' > list
t 1 '2 files: 1 malicious'     "$M" scan --files-from list
t 1 '2 files: 1 malicious'     sh -c "'$M' scan --files-from - < list"
printf 'clean/a.pt' > unended
t 0 'a.pt: clean'              "$M" scan --files-from unended
printf 'clean/a.pt\0mixed/new\nline.pt\0' > nul
t 1 '2 files: 1 malicious'     "$M" scan -0 --files-from nul
t 2 'not scanned: No such'     "$M" scan --files-from nowhere
t 2 'missing.pt'               sh -c "echo missing.pt | '$M' scan --files-from -"
t 2 'the list cannot be read'  "$M" scan --files-from clean
t 2 'NUL in a line'            "$M" scan --files-from nul
cp clean/a.pt keep.pt; echo keep.pt > keep.list
t 64 'would overwrite'         "$M" scan --files-from keep.list -o keep.pt
t 64 'would overwrite'         "$M" scan --report json=keep.pt keep.pt
t 0 '^$'                       cmp keep.pt clean/a.pt
t 1 '3 files'                  "$M" scan mixed
t 0 '1 files|a.pt: clean'      "$M" scan --exclude 'b.*' --exclude 'new*' mixed
t 0 'b.pt: not scanned: excluded' "$M" scan --exclude 'b.*' --exclude 'new*' mixed
t 0 'no model found|excluded'  "$M" scan --exclude '*' mixed
"$M" keygen k >/dev/null
t 0 'signed'                   "$M" attest --key k.key --exclude 'b.*' --exclude 'new*' mixed
t 1 'coverage|extra|complete'  "$M" verify mixed --key k.pub
# --- several forms of one scan ------------------------------------------------
t 1 'b.pt: malicious'          "$M" scan --report sarif=r.sarif --report html=r.html --report json=r.json bad
t 0 '"version":.*2.1.0'        cat r.sarif
t 0 'svg class="map"'          cat r.html
t 0 'modelassay.report/1'      cat r.json
t 1 '^$'                       sh -c "'$M' scan -o r.txt --report md=r.md bad 2>&1 | grep -v 'no sandbox: files'; exit 1"
t 0 'b.pt: malicious'          cat r.txt
t 64 'bad value for --report'  "$M" scan --report xml=r.xml bad
t 64 'bad value for --report'  "$M" scan --report json bad
t 2 'nowhere/r.json'           "$M" scan --report json=nowhere/r.json clean
# --- redaction: in no form does anything of the argument stand -----------------
for form in text json jsonl sarif hf md html; do
  plain=$("$M" scan --format $form bad); hidden=$("$M" scan --redact --format $form bad); code=$?
  if [ $code = 1 ] && ! grep -qE "\(.?'id|&#39;id|'id'" <<<"$hidden" && grep -q PICKLE-EXEC-001 <<<"$hidden"; then ok; else no "--redact --format $form: exit $code"; fi
  case $form in hf) ;; *) grep -qE "'id'|&#39;id" <<<"$plain" && ok || no "--format $form: no evidence to redact" ;; esac
done
t 1 '"redacted":.true'         "$M" scan --redact --format json bad
"$M" attest --redact --key k.key bad -o redacted.json >/dev/null 2>&1
t 1 '^$'                       sh -c "python3 -c 'import base64,json;print(base64.b64decode(json.load(open(\"redacted.json\"))[\"dsseEnvelope\"][\"payload\"]).decode())' | grep \"'id'\""
# --- progress: on a terminal only, four times a second, and gone at the end -----
mkdir big; truncate -s 900M big/zero.safetensors
err=$("$M" scan big 2>&1 >/dev/null);                    grep -q ETA <<<"$err" && no "progress without a terminal" || ok
err=$("$M" scan --progress never big 2>&1 >/dev/null);   grep -q ETA <<<"$err" && no "--progress never" || ok
err=$("$M" scan --progress always big 2>&1 >/dev/null)
grep -qE '1 file: [0-9.]+ [KMG]iB of 900.0 MiB, [0-9.]+ [KMG]iB/s, ETA [0-9]+:[0-9]{2}' <<<"$err" && ok || no "--progress always: $err"
out=$("$M" scan --progress always big 2>/dev/null);      grep -q ETA <<<"$out" && no "progress on standard output" || ok
t 64 'bad value for --progress' "$M" scan --progress sometimes big
python3 - "$M" <<'PY' && ok || no "progress on a terminal"
import os, pty, re, sys, time
def on_terminal(term):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = term
        os.execv(sys.argv[1], [sys.argv[1], "scan", "--color", "never", "big"])
    out, start = b"", time.time()
    while True:
        try:
            got = os.read(fd, 4096)
        except OSError:
            break
        if not got:
            break
        out += got
    os.waitpid(pid, 0)
    return out, time.time() - start
out, seconds = on_terminal("xterm")
lines = re.findall(rb"\r\d+ files?: [^\r]*ETA \d+:\d\d\x1b\[K", out)
wiped = re.search(rb"ETA \d+:\d\d\x1b\[K\r\x1b\[K(?!.*ETA)", out, re.S)
if not lines or len(lines) > seconds * 4 + 2 or not wiped:
    sys.exit(f"{len(lines)} lines in {seconds:.1f} s: {out[-300:]}")
if b"ETA" in on_terminal("dumb")[0]:
    sys.exit("a dumb terminal was drawn on")
PY
rm -r big
# --- diff --------------------------------------------------------------------------
mkdir d; cp clean/a.pt d/a.pt; cp made/pickle/plain-data.pkl d/gone.pkl
"$M" scan --format json d > old.json
t 0 '0 of them worse'          "$M" diff old.json old.json
cp bad/b.pt d/a.pt; rm d/gone.pkl; cp made/pickle/unknown-class.pkl $'d/new\e[31m.pkl'
"$M" scan --format json d > new.json
t 1 '2 of them worse'          "$M" diff old.json new.json
t 1 'clean -> malicious, other bytes' "$M" diff old.json new.json
t 1 '^    \+ critical PICKLE-EXEC-001: os.system\(.id.\) in d/a.pt' "$M" diff old.json new.json
t 1 '^    - import   torch.FloatStorage, innocuous' "$M" diff old.json new.json
t 1 '^\+ d/new\\x1b\[31m.pkl$' "$M" diff old.json new.json
t 1 '^- d/gone.pkl$'           "$M" diff old.json new.json
rm d/new*; "$M" scan --format json d > one.json
t 0 'malicious -> clean'       sh -c "cp clean/a.pt d/a.pt; '$M' scan --format json d > two.json; '$M' diff one.json two.json"
t 1 'gap +.*limit depth'       sh -c "'$M' scan --max-depth 0 --format json d > cut.json; '$M' diff two.json cut.json"
t 2 'No such file'             "$M" diff old.json nowhere.json
t 2 'no report of modelassay'  sh -c "echo '{}' > x.json; '$M' diff old.json x.json"
t 2 'x.json: '                 sh -c "head -c 100 old.json > x.json; '$M' diff x.json old.json"
t 64 'usage'                   "$M" diff old.json
# --- selftest -------------------------------------------------------------------
mkdir tmp
t 0 'malicious.pkl: malicious \(pickle\)' env TMPDIR="$W/tmp" "$M" selftest
t 0 'selftest passed: rules'   env TMPDIR="$W/tmp" "$M" selftest --no-sandbox
t 1 '^$'                       sh -c 'ls tmp | grep .'
t 2 'selftest failed'          env TMPDIR="$W/tmp" "$M" selftest --max-facts 0
t 2 'no folder can be made'    env TMPDIR="$W/nowhere" "$M" selftest
t 64 'usage'                   "$M" selftest x
# --- help ----------------------------------------------------------------------
for c in $("$M" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
  t 0 "^usage: modelassay $c"  "$M" "$c" --help
done
t 0 'max-depth'                "$M" inspect --help
t 0 '--allow-suspicious'       "$M" verify --help
# --- lines come as files are finished; what a folder adds to a file comes with its line ---
mkdir slow big2; truncate -s 900M big2/zero.safetensors; printf 'cposix\nsystem\n(Vid\ntR.' > slow/a.pkl; echo 'print()' > slow/b.py; truncate -s 40G slow/c.bin; printf '\x80\x02N.' > slow/d.pkl
timeout -s INT 2 "$M" scan --format jsonl slow > lines 2>/dev/null
grep -q 'slow/a.pkl' lines && ok || no "no line before the second file is read"
rm slow/c.bin
"$M" scan --format jsonl slow > lines 2>/dev/null; "$M" scan --format json slow > whole 2>/dev/null
python3 - <<'PY' && ok || no "the lines are not the report's files"
import json
lines = {f["path"]: f for f in map(json.loads, open("lines"))}
whole = {f["path"]: f for f in json.load(open("whole"))["files"]}
assert lines == whole and len(whole) == 3 and any(x["rule"] for x in whole["slow/b.py"]["findings"])
PY
err=$("$M" attest --progress always big2 --key k.key -o progress.json 2>&1 >/dev/null); grep -q 'of 900.0 MiB' <<<"$err" && ok || no "attest --progress: $err"
err=$("$M" run --progress always big2 -- true big2 2>&1 >/dev/null); grep -q 'of 900.0 MiB' <<<"$err" && ok || no "run --progress: $err"
echo "habits: $passed passed, $failed failed"
[ $failed = 0 ]
