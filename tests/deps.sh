#!/usr/bin/env bash
# Installs the packages of Debian that are missing, and says so; does nothing where all are
# installed.  usage: deps.sh SET...     the names of the sets below
set -eu
declare -A need=(
  [build]="pkg-config libzip-dev libpcre2-dev libcjson-dev libcapstone-dev libssl-dev zlib1g-dev
           liblzma-dev libbz2-dev libzstd-dev liblz4-dev libseccomp-dev libdeflate-dev
           libsqlite3-dev libmicrohttpd-dev libunistring-dev"
  [test]="libcmocka-dev clang-format python3 openssl procps curl git binutils"
  [forms]="g++ chromium mandoc zsh fish pre-commit git-lfs clamdscan python3-yaml"
  [python]="python3-torch python3-joblib python3-numpy python3-onnx python3-sklearn python3-pip
            python3-setuptools python3-wheel"
  [npm]="nodejs npm"
  [interop]="python3-cryptography openssl"
  [long]="valgrind"
  [fuzz]="clang"
  [lint]="cppcheck clang-tidy"
  [benign]="python3-torch python3-numpy python3-scipy python3-pandas python3-sklearn
            python3-joblib python3-statsmodels python3-xgboost python3-omegaconf
            python3-torchvision python3-gensim python3-nltk python3-networkx python3-xarray
            python3-sympy python3-h5py python3-cloudpickle python3-dill"
)
missing=()
for set in "$@"; do
  # npm that does not come from Debian brings its own node, and Debian's would break it.
  if [ "$set" = npm ] && command -v npm >/dev/null; then continue; fi
  for p in ${need[$set]}; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "deps: no apt-get here; to install by other means: ${missing[*]}" >&2
  exit 1
fi
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
echo "deps: installing ${missing[*]} with apt-get"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
  "${missing[@]}" >/dev/null
