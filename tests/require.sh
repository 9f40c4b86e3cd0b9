#!/usr/bin/env bash
# Names what is missing; installs nothing.
# usage: [CC=] [PKG_CONFIG=] [HINT=] require.sh MODULES HEADERS [PROGRAMS]
#   MODULES of pkg-config, HEADERS of C, PROGRAMS in PATH: words separated by spaces
set -u
PKG_CONFIG=${PKG_CONFIG:-pkg-config} CC=${CC:-cc}
missing=()
if command -v "${PKG_CONFIG%% *}" >/dev/null; then
  for module in $1; do
    $PKG_CONFIG --exists "$module" || missing+=("pkg-config module $module")
  done
else
  missing+=("program $PKG_CONFIG")
fi
for header in $2; do
  $CC -E -include "$header" -x c /dev/null >/dev/null 2>&1 || missing+=("C header $header")
done
for program in ${3:-}; do
  command -v "$program" >/dev/null || missing+=("program $program")
done
[ ${#missing[@]} -gt 0 ] || exit 0
printf 'missing: %s\n' "${missing[@]}" >&2
echo "On Debian and its derivatives, \`make ${HINT:-deps}\` installs them." >&2
exit 1
