#!/usr/bin/env bash
# make install, uninstall and dist, in folders of a distribution.  usage: install.sh BUILD
set -u
cd "$(dirname "$0")/../.."
B=$1
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
. tests/shell/assert.sh
folders=(DESTDIR="$W/root" PREFIX=/usr LIBDIR=/usr/lib/some-triplet BINDIR=/usr/libexec
         INCLUDEDIR=/usr/include/modelassay MANDIR=/usr/man)
run() { make --no-print-directory -s B="$B" "${folders[@]}" "$@" >"$W/log" 2>&1; }
files() { (cd "$W/root" && find . ! -type d | sort); }

mkdir -p "$W/root/usr/libexec"; echo kept > "$W/root/usr/libexec/other"; files > "$W/before"
run install; ok $? "make install: $(tail -3 "$W/log")"
files > "$W/installed"
for f in libexec/modelassay libexec/modelassay-serve include/modelassay/modelassay.h \
         lib/some-triplet/libmodelassay.a "lib/some-triplet/libmodelassay.so.$(cat VERSION)" \
         lib/some-triplet/pkgconfig/modelassay.pc man/man1/modelassay.1 man/man3/libmodelassay.3 \
         lib/systemd/system/modelassay-serve.service \
         share/fish/vendor_completions.d/modelassay.fish; do
  [ -s "$W/root/usr/$f" ]; ok $? "make install: no $f"
done
L=$W/root/usr/lib/some-triplet version=$(cat VERSION)
is 'libmodelassay.so is a link' libmodelassay.so.0 "$(readlink "$L/libmodelassay.so")"
is 'the soname is a link' "libmodelassay.so.$version" "$(readlink "$L/libmodelassay.so.0")"
unit=$W/root/usr/lib/systemd/system/modelassay-serve.service
has 'the unit starts the program' 'ExecStart=/usr/libexec/modelassay-serve' "$(cat "$unit")"
is 'files that name DESTDIR' '' "$(grep -rlF "$W" "$W/root")"

# A program that finds the library by pkg-config alone.
export PKG_CONFIG_PATH=$L/pkgconfig
is 'libdir of the .pc' /usr/lib/some-triplet "$(pkg-config --variable=libdir modelassay)"
is 'version of the .pc' "$version" "$(pkg-config --modversion modelassay)"
cat > "$W/p.c" <<'C'
#include <modelassay.h>
#include <stdio.h>
int main(void) { return puts(ma_version()) < 0; }
C
flags=$(PKG_CONFIG_SYSROOT_DIR=$W/root pkg-config --cflags --libs modelassay)
t 0 '' cc -Wall -Werror -o "$W/p" "$W/p.c" $flags
is 'what the program prints' "$version" "$(LD_LIBRARY_PATH=$L "$W/p")"

run uninstall; ok $? "make uninstall: $(tail -3 "$W/log")"
files > "$W/after"
t 0 '^$' diff "$W/before" "$W/after"

if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
  for n in 1 2; do
    make --no-print-directory -s B="$W/dist$n" dist >"$W/log" 2>&1
    ok $? "make dist: $(tail -3 "$W/log")"
  done
  archive=modelassay-$version.tar.gz
  t 0 '^$' cmp "$W/dist1/$archive" "$W/dist2/$archive"
  tar -tzf "$W/dist1/$archive" | grep -v '/$' | sed 's#^[^/]*/##' | sort > "$W/packed"
  git ls-tree -r --name-only HEAD | sort > "$W/committed"
  t 0 '^$' diff "$W/packed" "$W/committed"
else
  echo "install: no git repository here: make dist is not run"
fi
finish install
