#!/usr/bin/env bash
# Installs what is missing from Debian and says so; does nothing where all is there.
# usage: deps.sh [--check] build|test|forms|benign ...      --check: only says what is missing, exit 1
set -eu
check=0
[ "${1:-}" != --check ] || { check=1; shift; }
declare -A need=(
  [build]="pkg-config libzip-dev libpcre2-dev libcjson-dev libcapstone-dev libssl-dev zlib1g-dev liblzma-dev libbz2-dev libzstd-dev liblz4-dev libseccomp-dev libdeflate-dev libsqlite3-dev libmicrohttpd-dev libunistring-dev"
  [test]="libcmocka-dev clang-format python3 openssl procps curl git"
  [fuzz]="clang"
  [lint]="cppcheck clang-tidy"
  [long]="valgrind clamdscan git-lfs"
  [forms]="chromium mandoc zsh fish pre-commit git python3-yaml"
  [interop]="python3-cryptography openssl"
  [npm]="nodejs npm"
  [python]="python3-torch python3-joblib python3-numpy python3-onnx python3-sklearn python3-pip python3-setuptools python3-wheel"
  [benign]="python3-torch python3-numpy python3-scipy python3-pandas python3-sklearn python3-joblib python3-statsmodels python3-xgboost python3-omegaconf python3-torchvision"
)
missing=()
for set in "$@"; do
  for p in ${need[$set]}; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ $check = 1 ]; then
  echo "missing: ${missing[*]} (make deps installs them)" >&2
  exit 1
fi
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
echo "deps: installing ${missing[*]} with apt-get"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
