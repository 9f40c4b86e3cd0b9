# Made by `make docs` from --help: change it there.
_modelassay() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} opts=
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W 'scan inspect attest verify sign run keygen diff explain rules formats serve hook selftest --help --version' -- "$cur"))
    [ ${#COMPREPLY[@]} -gt 0 ] || { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); }
    return
  fi
  case $prev in
    --algorithm) return ;;
    --ca) return ;;
    --certificate) return ;;
    --chain) return ;;
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
    --exclude) return ;;
    --fail-on) COMPREPLY=($(compgen -W 'malicious suspicious' -- "$cur")); return ;;
    --format) COMPREPLY=($(compgen -W 'text json jsonl sarif hf md html' -- "$cur")); return ;;
    --identity) return ;;
    --ignore) return ;;
    --jsonl) return ;;
    --max-age) return ;;
    --max-candidates) return ;;
    --max-depth) return ;;
    --max-entries) return ;;
    --max-facts) return ;;
    --max-file-seconds) return ;;
    --max-findings-per-rule) return ;;
    --max-gguf-array-items) return ;;
    --max-gguf-string-bytes) return ;;
    --max-guess-bytes) return ;;
    --max-guesses) return ;;
    --max-heap-bytes) return ;;
    --max-inflated-bytes) return ;;
    --max-json-depth) return ;;
    --max-memory-object-bytes) return ;;
    --max-objects) return ;;
    --max-pickle-marks) return ;;
    --max-pickle-memo) return ;;
    --max-pickle-stack) return ;;
    --max-pickle-text-bytes) return ;;
    --max-preview-bytes) return ;;
    --max-protobuf-depth) return ;;
    --max-safetensors-header-bytes) return ;;
    --max-scan-seconds) return ;;
    --max-stored-bytes) return ;;
    --max-string-bytes) return ;;
    --max-template-bytes) return ;;
    --max-tensors) return ;;
    --name) return ;;
    --only) return ;;
    --predicate) return ;;
    --progress) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
    --report) return ;;
    --rules) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")); return ;;
    --ruleset) return ;;
    --shard-size) return ;;
    --type) return ;;
    -j) return ;;
  esac
  case $command in
    explain) [ "$cur" != "${cur#-}" ] || { COMPREPLY=($(compgen -W "$(modelassay rules list 2>/dev/null | cut -d' ' -f1)" -- "$cur")); return; } ;;
    rules) [ "$COMP_CWORD" != 2 ] || { COMPREPLY=($(compgen -W 'list check' -- "$cur")); return; } ;;
  esac
  case $command in
    scan) opts='--format -o --report --fail-on --rules --policy --exclude --files-from -0 --cache --name -j --no-sandbox --require-sandbox --redact --progress --color -q -v --max-depth --max-objects --max-entries --max-stored-bytes --max-inflated-bytes --max-memory-object-bytes --max-heap-bytes --max-facts --max-findings-per-rule --max-string-bytes --max-preview-bytes --max-pickle-stack --max-pickle-marks --max-pickle-memo --max-pickle-text-bytes --max-json-depth --max-safetensors-header-bytes --max-tensors --max-protobuf-depth --max-gguf-string-bytes --max-gguf-array-items --max-template-bytes --max-file-seconds --max-scan-seconds --max-candidates --max-guesses --max-guess-bytes --help' ;;
    inspect) opts='--format -o --report --fail-on --rules --policy --exclude --files-from -0 --cache --name -j --no-sandbox --require-sandbox --redact --progress --color -q -v --max-depth --max-objects --max-entries --max-stored-bytes --max-inflated-bytes --max-memory-object-bytes --max-heap-bytes --max-facts --max-findings-per-rule --max-string-bytes --max-preview-bytes --max-pickle-stack --max-pickle-marks --max-pickle-memo --max-pickle-text-bytes --max-json-depth --max-safetensors-header-bytes --max-tensors --max-protobuf-depth --max-gguf-string-bytes --max-gguf-array-items --max-template-bytes --max-file-seconds --max-scan-seconds --max-candidates --max-guesses --max-guess-bytes --help' ;;
    attest) opts='--key --passphrase-file --certificate --chain --jsonl --predicate -o --format --report --fail-on --rules --policy --exclude --files-from -0 --cache --name -j --no-sandbox --require-sandbox --redact --progress --color -q -v --max-depth --max-objects --max-entries --max-stored-bytes --max-inflated-bytes --max-memory-object-bytes --max-heap-bytes --max-facts --max-findings-per-rule --max-string-bytes --max-preview-bytes --max-pickle-stack --max-pickle-marks --max-pickle-memo --max-pickle-text-bytes --max-json-depth --max-safetensors-header-bytes --max-tensors --max-protobuf-depth --max-gguf-string-bytes --max-gguf-array-items --max-template-bytes --max-file-seconds --max-scan-seconds --max-candidates --max-guesses --max-guess-bytes --help' ;;
    verify) opts='--key --ca --identity --bundle --type --policy --only --max-age --ruleset --allow-suspicious --allow-waivers --allow-no-sandbox --format --help' ;;
    sign) opts='--key --passphrase-file --certificate --chain --jsonl --shards --shard-size --allow-symlinks --ignore -o --help' ;;
    run) opts='--verify --bundle --format -o --report --fail-on --rules --policy --exclude --files-from -0 --cache --name -j --no-sandbox --require-sandbox --redact --progress --color -q -v --max-depth --max-objects --max-entries --max-stored-bytes --max-inflated-bytes --max-memory-object-bytes --max-heap-bytes --max-facts --max-findings-per-rule --max-string-bytes --max-preview-bytes --max-pickle-stack --max-pickle-marks --max-pickle-memo --max-pickle-text-bytes --max-json-depth --max-safetensors-header-bytes --max-tensors --max-protobuf-depth --max-gguf-string-bytes --max-gguf-array-items --max-template-bytes --max-file-seconds --max-scan-seconds --max-candidates --max-guesses --max-guess-bytes --help' ;;
    keygen) opts='--algorithm --passphrase-file --help' ;;
    diff) opts='--help' ;;
    explain) opts='--help' ;;
    rules) opts='--help' ;;
    formats) opts='--help' ;;
    serve) opts='--help' ;;
    hook) opts='--format -o --report --fail-on --rules --policy --exclude --files-from -0 --cache --name -j --no-sandbox --require-sandbox --redact --progress --color -q -v --max-depth --max-objects --max-entries --max-stored-bytes --max-inflated-bytes --max-memory-object-bytes --max-heap-bytes --max-facts --max-findings-per-rule --max-string-bytes --max-preview-bytes --max-pickle-stack --max-pickle-marks --max-pickle-memo --max-pickle-text-bytes --max-json-depth --max-safetensors-header-bytes --max-tensors --max-protobuf-depth --max-gguf-string-bytes --max-gguf-array-items --max-template-bytes --max-file-seconds --max-scan-seconds --max-candidates --max-guesses --max-guess-bytes --help' ;;
    selftest) opts='--format -o --report --fail-on --rules --policy --exclude --files-from -0 --cache --name -j --no-sandbox --require-sandbox --redact --progress --color -q -v --max-depth --max-objects --max-entries --max-stored-bytes --max-inflated-bytes --max-memory-object-bytes --max-heap-bytes --max-facts --max-findings-per-rule --max-string-bytes --max-preview-bytes --max-pickle-stack --max-pickle-marks --max-pickle-memo --max-pickle-text-bytes --max-json-depth --max-safetensors-header-bytes --max-tensors --max-protobuf-depth --max-gguf-string-bytes --max-gguf-array-items --max-template-bytes --max-file-seconds --max-scan-seconds --max-candidates --max-guesses --max-guess-bytes --help' ;;
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$opts" -- "$cur")) ;;
    *) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}
complete -F _modelassay modelassay
