#!/usr/bin/env bash
# The pre-commit hook and the GitHub Action, run as their runners would.  usage: ci.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.."
ROOT=$PWD
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
python3 tests/corpus_builder.py corpus "$W/made" >/dev/null
passed=0 failed=0
ok() { passed=$((passed + 1)); }
no() { failed=$((failed + 1)); echo "not ok - $*"; }
# t EXIT PATTERN COMMAND...
t() {
  local want=$1 pattern=$2 out got; shift 2
  out=$("$@" 2>&1 </dev/null); got=$?
  if [ $got = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then ok; else no "$* : exit $got, wanted $want and /$pattern/: $out"; fi
}
PATH=$(dirname "$M"):$PATH
# --- the hook ----------------------------------------------------------------
listed=$(grep -vE '^(#|$)' rules/lists/model-extensions.txt | sort | tr '\n' '|')
hooked=$(sed -nE 's/^  files: \\\.\((.*)\)\$$/\1/p' .pre-commit-hooks.yaml | tr '|' '\n' | sort | tr '\n' '|')
[ "$listed" = "$hooked" ] && ok || no "the hook's extensions: $hooked, the scanner's: $listed"
mkdir "$W/hooks" "$W/models"; cp .pre-commit-hooks.yaml "$W/hooks"
cp "$W/made/torch/state-dict.pt" "$W/models/good.pt"; echo text > "$W/models/notes.txt"
g() { git -c user.name=t -c user.email=t@localhost -c init.defaultBranch=main -c commit.gpgsign=false -C "$@"; }
if command -v pre-commit >/dev/null && command -v git >/dev/null; then
  export PRE_COMMIT_HOME=$W/cache GIT_CONFIG_GLOBAL=/dev/null
  unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
  t 0 '' pre-commit validate-manifest .pre-commit-hooks.yaml
  g "$W/hooks" init -q; g "$W/hooks" add -A; g "$W/hooks" commit -qm hooks
  printf 'repos:\n- repo: %s\n  rev: %s\n  hooks: [{id: modelassay}]\n' "$W/hooks" "$(g "$W/hooks" rev-parse HEAD)" > "$W/models/.pre-commit-config.yaml"
  cd "$W/models" && g . init -q && g . add -A
  t 0 'modelassay \(model files\)\.*Passed' pre-commit run --all-files
  cp "$W/made/torch/os-system.pt" -- "./-evil.pt"; g . add -A
  t 1 'PICKLE-EXEC-001'        pre-commit run --all-files
  g . rm -qf -- ./-evil.pt; head -c 300 good.pt > cut.pt; g . add -A
  t 1 'incomplete|malicious'   pre-commit run --all-files
  cd "$ROOT"
else
  echo "ci: no pre-commit or git here: the hook is not run"
fi
# --- the action ---------------------------------------------------------------
python3 - <<'PY' && ok || no "action.yml"
import re, sys
text = open("action.yml").read()
try:
    import yaml
except ImportError:
    yaml = None
    print("ci: no python3-yaml here: action.yml as YAML is not run")
if yaml:
    a = yaml.safe_load(text)
    steps = a["runs"]["steps"]
    given = set(re.findall(r"inputs\.([a-z-]+)", text))
    wrong = [s["name"] for s in steps if "shell" not in s or "${{" in s["run"]]
    outputs = {o["value"] for o in a["outputs"].values()}
    if a["runs"]["using"] != "composite" or wrong or given != set(a["inputs"]) or \
       not all(re.fullmatch(r"\$\{\{ steps\.scan\.outputs\.[a-z-]+ \}\}", o) for o in outputs):
        sys.exit(f"steps {wrong}, inputs {given ^ set(a['inputs'])}")
PY
action() {           # REPORTS PATHS [FAIL_ON [POLICY]]
  rm -f "$W/output" "$W/summary"
  MODELASSAY_REPORTS=$1 MODELASSAY_PATHS=$2 MODELASSAY_FAIL_ON=${3:-suspicious} MODELASSAY_POLICY=${4:-} \
    GITHUB_OUTPUT=$W/output GITHUB_STEP_SUMMARY=$W/summary "$ROOT/.ci/action.sh"
}
cd "$W"
mkdir evil; cp made/torch/os-system.pt 'evil/::error::own.pt'; cp made/pickle/unknown-class.pkl unknown.pkl
t 0 'good.pt: clean'           action out models/good.pt
t 0 '^verdict=clean$'          cat output
t 0 '^exit-code=0$'            cat output
t 0 '^sarif=out/report.sarif$' cat output
t 0 '^### modelassay: clean'   cat summary
t 0 '"executionSuccessful":.true' cat out/report.sarif
cd evil
t 1 '^::error::own.pt: malicious' action ../out "$(printf '::error::own.pt\n../models/good.pt\n')"
action ../out ::error::own.pt > ../log 2>&1; cd ..
# The runner listens again only after the last line of the scan.
python3 - <<'PY' && ok || no "a name in the log commands the runner: $(cat log)"
import re, sys
lines = open("log").read().splitlines()
stop = re.fullmatch("::stop-commands::([0-9a-f]{32})", lines[0])
sys.exit(not (stop and lines[-1] == f"::{stop[1]}::" and any(l.startswith("::error::own.pt") for l in lines[1:-1])))
PY
t 0 '^verdict=malicious$'      cat output
t 0 'PICKLE-EXEC-001'          cat summary
t 1 'suspicious'               action out unknown.pkl
t 0 'suspicious'               action out unknown.pkl malicious
echo '{"allow": ["my_lab.models.ResNet"]}' > policy.json
t 0 'clean'                    action out unknown.pkl suspicious policy.json
t 2 'No such file'             action out 'no such.pt'
t 0 '^verdict=incomplete$'     cat output
t 64 'paths is empty'          action out ''
t 64 'bad value for --fail-on' action out models/good.pt never
echo "ci: $passed passed, $failed failed"
[ $failed = 0 ]
