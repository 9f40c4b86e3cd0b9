#!/usr/bin/env bash
# The hook for pre-commit, run by pre-commit where it is installed.  usage: pre_commit.sh BINARY
set -u
M=$(realpath "$1")
cd "$(dirname "$0")/../.." || exit 1
. tests/shell/assert.sh
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT

# The hook runs for the extensions that the scanner takes for models.
listed=$(grep -vE '^(#|$)' rules/lists/model-extensions.txt | sort | tr '\n' '|')
hooked=$(sed -nE 's/^  files: \\\.\((.*)\)\$$/\1/p' .pre-commit-hooks.yaml | tr '|' '\n' | sort | tr '\n' '|')
is "the hook's extensions" "$listed" "$hooked"
if ! command -v pre-commit >/dev/null || ! command -v git >/dev/null; then
  echo "pre_commit: no pre-commit or git here: the hook is not run"
  finish pre_commit; exit
fi

PATH=$(dirname "$M"):$PATH
export PRE_COMMIT_HOME=$W/cache GIT_CONFIG_GLOBAL=/dev/null
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
g() { git -c user.name=t -c user.email=t@localhost -c init.defaultBranch=main -c commit.gpgsign=false -C "$@"; }
corpus_files "$W/made" torch/state-dict torch/os-system
mkdir "$W/hooks" "$W/models"
t 0 '' pre-commit validate-manifest .pre-commit-hooks.yaml
cp .pre-commit-hooks.yaml "$W/hooks"
g "$W/hooks" init -q; g "$W/hooks" add -A; g "$W/hooks" commit -qm hooks
cd "$W/models" || exit 1
cat > .pre-commit-config.yaml <<YAML
repos:
- repo: $W/hooks
  rev: $(g "$W/hooks" rev-parse HEAD)
  hooks: [{id: modelassay}]
YAML
cp "$W/made/torch/state-dict.pt" good.pt; echo text > notes.txt
g . init -q; g . add -A
t 0 'modelassay \(model files\)\.*Passed' pre-commit run --all-files
cp "$W/made/torch/os-system.pt" -- ./-evil.pt; g . add -A
t 1 'PICKLE-EXEC-001'                     pre-commit run --all-files
g . rm -qf -- ./-evil.pt; head -c 300 good.pt > cut.pt; g . add -A
t 1 'incomplete|malicious'                pre-commit run --all-files
finish pre_commit
