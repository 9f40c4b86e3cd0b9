#!/usr/bin/env bash
# What readelf says of the programs and the library: hardening, and no path of the build folder.
# usage: hardening.sh BUILD
set -u
cd "$(dirname "$0")/../.."
B=$1
passed=0 failed=0 checks=0
has() { checks=$((checks + 1)); grep -qE -- "$2" <<<"$3" || wrong+=("$1"); }
lacks() { checks=$((checks + 1)); ! grep -qE -- "$2" <<<"$3" || wrong+=("$1"); }

for file in modelassay modelassay-serve libmodelassay.so.0; do
  wrong=()
  header=$(readelf -hW "$B/$file") segments=$(readelf -lW "$B/$file")
  dynamic=$(readelf -dW "$B/$file") symbols=$(readelf --dyn-syms -W "$B/$file")

  has 'position-independent' 'Type: +DYN' "$header"
  case $file in *.so.*) ;; *) has 'PIE' 'FLAGS_1.*\bPIE\b' "$dynamic" ;; esac
  has 'RELRO' 'GNU_RELRO' "$segments"
  has 'BIND_NOW' 'FLAGS_1.*\bNOW\b' "$dynamic"
  has 'stack that is not executable' 'GNU_STACK.* RW ' "$segments"
  lacks 'no segment that can be written and executed' 'LOAD.* RWE ' "$segments"
  lacks 'no text relocations' 'TEXTREL' "$dynamic"
  lacks 'no run path' 'RPATH|RUNPATH' "$dynamic"
  has 'stack protector' '__stack_chk_fail' "$symbols"
  has 'FORTIFY' '__(mem|str|v?s?n?f?printf|read|fread|realpath)[a-z]*_chk' "$symbols"
  own=$(awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }' <<<"$symbols")
  lacks 'hidden visibility' '^(scan|rules?|report|json|cur|emit)_' "$own"

  checks=$((checks + 1))
  ! grep -qF -- "$PWD" "$B/$file" || wrong+=('no path of the build folder')
  if [ ${#wrong[@]} = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)); printf "not ok - $file: %s\n" "${wrong[@]}"
  fi
done
echo "hardening: $passed passed, $failed failed ($checks checks)"
[ $failed = 0 ]
