# hub_cache.sh - models as download caches lay them out; sourced by cases.

# snapshot FILE NAME: the file among the blobs of hub/models--org--m, and its name in the snapshot abc.
snapshot() {
  local sha root=hub/models--org--m up=../..
  sha=$(sha256sum < "$1" | cut -c1-64)
  [ "$(dirname "$2")" = . ] || up=../../..
  mkdir -p $root/blobs $root/refs "$(dirname "$root/snapshots/abc/$2")"
  cp "$1" "$root/blobs/$sha"
  ln -sf "$up/blobs/$sha" "$root/snapshots/abc/$2"
  printf abc > $root/refs/main
}

# ollama FILE: the file as the one layer of the model tiny.
ollama() {
  local sha; sha=$(sha256sum < "$1" | cut -c1-64)
  mkdir -p o/models/blobs o/models/manifests/registry.ollama.ai/library/tiny
  cp "$1" "o/models/blobs/sha256-$sha"
  printf '{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:%s"}]}' "$sha" \
    > o/models/manifests/registry.ollama.ai/library/tiny/latest
}
