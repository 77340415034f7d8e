#!/usr/bin/env bash
# Records how the distribution hardens its own programs, for `ashlar test` to hold images against: scripts/elf-baseline.sh [--ashlar PROGRAM] [DEFINITION...]
# The packages are those that the definitions (the whole catalogue by default) lock, for every platform, from the cache; baselines/debian-13.json is
# replaced. Run it when the catalogue gets packages that the baseline does not know, and look at the difference: a package that lost something shows.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
ashlar=$(build_root)/release/ashlar
if [[ ${1:-} == --ashlar ]]; then ashlar=$(realpath "$2"); shift 2; fi
export ASHLAR_DATA_DIR=$top
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ashlar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if (($#)); then definitions=("$@"); else
  mapfile -t definitions < <(find "$top/catalog" -name '*.yaml' ! -name info.yaml | sort)
  # Ashlar's own image, without the package of this tree: what that is linked with stands in its place.
  libraries=(libarchive13t64 libcurl4t64 libdeflate0 libfmt10 libfyaml0 libisal2 liblzma5 libp11-kit0 librnp0 libsimdjson25 libsodium23 libsolv1 libsqlite3-0 libssl3t64 libstdc++6 libzstd1 zlib1g)
  sed -e '/^  repositories:/,/^    - @URL@/d' -e "s/^    - ashlar\$/$(printf '    - %s\\n' "${libraries[@]}" | sed 's/\\n$//')/" -e '/package: ashlar$/,+1d' -e '/^tests:/,$d' \
    -e 's/@DISTRIBUTION@/debian-13/; s/@VERSION@/0/; s|linux/@ARCHITECTURE@|linux/amd64, linux/arm64|; /^entrypoint:/d; /^cmd:/d' "$top/own/image.yaml" >"$work/own.yaml"
  definitions+=("$work/own.yaml")
fi
step "lock and fetch what ${#definitions[@]} definitions need"
for definition in "${definitions[@]}"; do
  "$ashlar" build --quiet "$definition" -o "oci:$work/out:x" >/dev/null || say "left out: $definition does not build"
  rm -rf "$work/out"
  lock=${definition%.yaml}.lock.json
  if [[ -f $lock ]]; then jq -r '.platforms[].packages[].sha256' "$lock"; fi
done | sort -u >"$work/digests"
while read -r digest; do
  file=$cache/packages/sha256/${digest:0:2}/${digest:2}
  if [[ -f $file ]]; then echo "$file"; fi
done <"$work/digests" >"$work/files"
step "record $(wc -l <"$work/files") packages"
mkdir -p "$top/baselines"
xargs -a "$work/files" "$ashlar" test --record-baseline "$top/baselines/debian-13.json"
