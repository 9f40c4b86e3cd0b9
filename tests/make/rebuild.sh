#!/usr/bin/env bash
# What is built anew after what has changed, and what make says of what is missing.
# usage: rebuild.sh BUILD      of a build that is up to date; nothing of it is changed
set -u
cd "$(dirname "$0")/../.."
B=$1
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
. tests/shell/assert.sh
# compiled ARGUMENTS...: the sources that make would compile
compiled() { make -n --no-print-directory B="$B" "$@" all 2>&1 | grep -oE '[^ ]+\.c$' | sort -u; }
# sources WHAT LIST OPERATOR NUMBER
sources() {
  local n; n=$(wc -w <<<"$2")
  [ "$n" "$3" "$4" ]; ok $? "$1: $n sources are compiled: $(head -c 300 <<<"$2")"
}

sources 'no change' "$(compiled)" -eq 0
sources 'a change of the Makefile' "$(compiled -W Makefile)" -eq 0
sources 'another version' "$(compiled -W VERSION)" -eq 1
sources 'other flags' "$(compiled CFLAGS=-DOTHER)" -gt 100
sources 'one source' "$(compiled -W parsers/registry.c)" -le 2

quiet=$(make -n --no-print-directory B="$B" -W parsers/registry.c V=1 all |
  grep -c "printf '  %-7s")
is 'lines of make V=1 that print a name' 0 "$quiet"

# The project's flags hold beside the caller's.
lines=$(make -n --no-print-directory B="$B" CFLAGS=-O3 CPPFLAGS=-DX LDFLAGS=-Wl,--as-needed all)
compile=$(grep -E ' -c -o .*/registry.o ' <<<"$lines")
link=$(grep -E ' -o [^ ]*/modelassay ' <<<"$lines")
for flag in -std=c11 -fPIC -fvisibility=hidden -fstack-protector-strong _FORTIFY_SOURCE \
            -D_GNU_SOURCE -DX; do
  has "$flag beside the caller's flags" " ($flag|-D$flag=.) " "$compile"
done
has 'the caller has the last word' '-O2 .*-O3 ' "$compile"
for flag in -pie -Wl,-z,relro,-z,now -Wl,--as-needed -lbz2; do
  has "$flag beside the caller's flags" " $flag( |\$)" "$link"
done

# pkg-config decides what is missing; neither dpkg nor apt-get is asked.
mkdir "$W/bin"
for tool in dpkg dpkg-query apt-get sudo; do
  printf '#!/bin/sh\necho %s >> "%s/asked"\nexit 1\n' $tool "$W" > "$W/bin/$tool"
  chmod +x "$W/bin/$tool"
done
export PATH=$W/bin:$PATH
says() { make --no-print-directory "$@" 2>&1; }
t 0 ''                                      says B="$W/b" "$W/b/.deps"
export PKG_CONFIG_LIBDIR=$W
t 2 'missing: pkg-config module libzip'     says B="$W/c" "$W/c/.deps"
t 2 '`make deps` installs them'             says B="$W/c" "$W/c/.deps"
t 2 'missing: pkg-config module cmocka'     says B="$W/e" check
t 2 '`make test-deps` installs them'        says B="$W/e" check
t 2 'missing: program no-such-program'      says B="$W/d" PKG_CONFIG=no-such-program "$W/d/.deps"
[ ! -e "$W/asked" ]; ok $? "these were run: $(sort -u "$W/asked" 2>/dev/null)"
finish rebuild
