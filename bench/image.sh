#!/usr/bin/env bash
# How long `ashlar build` takes, beside the limit of the image measured in the same run, and how much memory; the table goes to standard output.
#   bench/image.sh [--build FOLDER] [--repeat N] [--platform PLATFORM] [DEFINITION...]
# FOLDER is a release build with benchmarks (build/release), N at least 5, PLATFORM this machine's, DEFINITION catalog/python/3.13.yaml.
#   cold      lock and packages cached, no frame cached
#   frames    frames cached, an empty layout, and the image not noted: the cache as a build of another image leaves it
#   unnoted   the same, and no layer noted: each is hashed anew
#   changed   one package changed, all else cached (a new .deb of it is made, with other bytes in a file that goes in)
#   same      nothing changed
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd -P)
build=$here/build/release repeat=5 platform=linux/$(dpkg --print-architecture) package=libssl3t64
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --platform) platform=$2; shift 2 ;; --package) package=$2; shift 2 ;;
  *) sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
(($#)) || set -- "$here/catalog/python/3.13.yaml"
build=$(realpath "$build")
ashlar=$build/ashlar limit=$build/bench/limit measure=$build/bench/measure
for program in "$ashlar" "$limit" "$measure"; do [[ -x $program ]] || { echo "image.sh: there is no program '$program'" >&2; exit 2; }; done
work=$build/bench/work
mkdir -p "$work"
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/state ASHLAR_DATA_DIR=$here
cache=$work/cache/ashlar

# one LABEL LOCKED-DEFINITION LAYOUT: a measured build, its line added to $work/LABEL.
one() {
  "$measure" "$ashlar" build "$2" --locked --offline --platform "$platform" -o "oci:$3:bench" --quiet 3>>"$work/$1" >/dev/null
}
median() { jq -s "map(.$2) | sort | .[length / 2 | floor]" "$work/$1"; }
peak() { jq -s 'map(.peak_memory) | max / 1e6 * 10 | round / 10' "$work/$1"; }

# change_package LOCK N: a .deb of $package with other bytes, in the cache, and the lock that names it.
change_package() {
  local lock=$1 number=$2 sha256 file tree
  sha256=$(jq -r --arg p "$platform" --arg n "$package" '.platforms[$p].packages[] | select(.name == $n) | .sha256' "$lock.kept")
  [[ -n $sha256 ]] || { echo "image.sh: the image has no package '$package'; name one with --package" >&2; exit 2; }
  tree=$work/tree
  rm -rf "$tree"
  dpkg-deb -R "$cache/packages/sha256/${sha256:0:2}/${sha256:2}" "$tree"
  file=$(find "$tree/usr" -path '*/doc/*/copyright' -type f | head -n 1)
  echo "change $number of $(date +%s%N)" >> "$file"
  (cd "$tree" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zxz -b "$tree" "$work/changed.deb" >/dev/null
  sha256=$(sha256sum "$work/changed.deb" | cut -d' ' -f1)
  install -D -m 644 "$work/changed.deb" "$cache/packages/sha256/${sha256:0:2}/${sha256:2}"
  jq --arg p "$platform" --arg n "$package" --arg s "$sha256" --argjson size "$(stat -c %s "$work/changed.deb")" \
    '(.platforms[$p].packages[] | select(.name == $n)) |= (.sha256 = $s | .size = $size)' "$lock.kept" > "$lock"
}

echo "On $(nproc) processors ($(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo)), $repeat rounds each, medians; made by \`bench/image.sh\` on $(date -u +%F)."
for definition; do
  name=$(basename "$(dirname "$definition")")-$(basename "$definition" .yaml)
  folder=$work/$name
  rm -rf "$folder"
  mkdir -p "$folder"
  cp -r "$here/catalog" "$folder/catalog"
  copy=$folder/catalog/$(basename "$(dirname "$definition")")/$(basename "$definition")
  lock=${copy%.yaml}.lock.json
  rm -f "$lock" "$work"/{cold,frames,unnoted,changed,same}
  "$ashlar" lock "$copy" --quiet >/dev/null
  "$ashlar" build "$copy" --platform "$platform" -o "oci:$folder/first:bench" --quiet >/dev/null
  cp "$lock" "$lock.kept"
  for ((round = 0; round < repeat; round++)); do
    rm -rf "$cache/frames" "$folder/layout"
    one cold "$copy" "$folder/layout"
    one same "$copy" "$folder/layout"
    rm -rf "$cache/frames/images" "$folder/layout"
    one frames "$copy" "$folder/layout"
    rm -rf "$cache/frames/layers" "$cache/frames/images" "$folder/layout"
    one unnoted "$copy" "$folder/layout"
    if jq -e --arg p "$platform" --arg n "$package" 'any(.platforms[$p].packages[]; .name == $n)' "$lock.kept" >/dev/null; then
      change_package "$lock" "$round"
      one changed "$copy" "$folder/layout"
      cp "$lock.kept" "$lock"
    fi
  done
  "$limit" "$lock" "$platform" "$cache/packages" "$folder/first" "$repeat" > "$work/limit"
  bound=$(jq .limit "$work/limit") cold=$(median cold wall)
  echo
  echo "### $name, $platform"
  echo
  jq -r '"Limit: \(.limit * 1000 | round / 1000) s = (decompress \(.decompress * 1000 | round / 1000) s + pack \(.pack * 1000 | round / 1000) s + hash \(.hash * 1000 | round / 1000) s) / \(.cores); packages \(.package_bytes / 1e6 | round) MB, unpacked \(.unpacked_bytes / 1e6 | round) MB, into layers \(.content_bytes / 1e6 | round) MB."' "$work/limit"
  echo
  echo '| build | wall | ratio | wanted | processor time | peak memory |'
  echo '|---|---|---|---|---|---|'
  row() { # row LABEL WORDS AGAINST OF WANTED
    [[ -s $work/$1 ]] || return 0
    awk -v words="$2" -v wall="$(median "$1" wall)" -v against="$3" -v of="$4" -v wanted="$5" -v cpu="$(median "$1" cpu)" -v peak="$(peak "$1")" \
      'BEGIN {printf "| %s | %.3f s | %.3f of %s | at most %s | %.2f s | %s MB |\n", words, wall, wall / against, of, wanted, cpu, peak}'
  }
  row cold 'no frame cached' "$bound" 'the limit' 1.5
  row frames 'frames cached' "$cold" 'that' 0.125
  row unnoted 'frames cached, no layer noted' "$cold" 'that' 0.125
  row changed "one package changed ($package)" "$cold" 'that' 0.25
  row same 'nothing changed' "$cold" 'that' 0.05
done
