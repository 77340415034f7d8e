# Sourced by the benchmarks beside it, after `set -euo pipefail`: arguments, programs, a cache of their own, and how rounds are measured and told.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
script=$(basename "$0")

# take_arguments LINES ARGUMENT...: sets build, repeat, platform and package where options name them, and `rest`; anything else prints LINES of the script.
take_arguments() {
  local lines=$1
  shift
  while [[ ${1-} == --* ]]; do case $1 in
    --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --platform) platform=$2; shift 2 ;; --package) package=$2; shift 2 ;;
    *) sed -n "${lines}s/^# \{0,1\}//p" "$0" >&2; exit 2 ;; esac; done
  rest=("$@")
}

# take_programs FOLDER: those of a release build with benchmarks, and folders below it.
take_programs() {
  local program
  build=$(realpath "$1")
  ashlar=$build/ashlar limit=$build/bench/limit measure=$build/bench/measure
  for program in "$ashlar" "$limit" "$measure"; do [[ -x $program ]] || { echo "$script: there is no program '$program'" >&2; exit 2; }; done
  work=$build/bench/work
  mkdir -p "$work"
  export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/state ASHLAR_DATA_DIR=$here
  cache=$work/cache/ashlar
}

# one FILE ARGUMENT...: a measured build, its line added to FILE.
one() { "$measure" "$ashlar" build "${@:2}" --locked --offline --platform "$platform" --quiet 3>>"$1" >/dev/null; }
median() { jq -s "map(.$2) | sort | .[length / 2 | floor]" "$1"; } # median FILE FIELD
peak() { jq -s 'map(.peak_memory) | max / 1e6 * 10 | round / 10' "$1"; }

# change_deb SHA256 NUMBER: the .deb of the cache with other bytes in a file that goes in, in the cache, too; its SHA-256 and size.
change_deb() {
  local tree=$work/tree changed=$work/changed.deb file sha256
  rm -rf "$tree"
  dpkg-deb -R "$cache/packages/sha256/${1:0:2}/${1:2}" "$tree"
  file=$(find "$tree/usr" -path '*/doc/*/copyright' -type f | head -n 1)
  echo "change $2 of $(date +%s%N)" >> "$file"
  (cd "$tree" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zxz -b "$tree" "$changed" >/dev/null
  sha256=$(sha256sum "$changed" | cut -d' ' -f1)
  install -D -m 644 "$changed" "$cache/packages/sha256/${sha256:0:2}/${sha256:2}"
  echo "$sha256 $(stat -c %s "$changed")"
}

# sha256_of LOCK...: of the package to change; name_deb LOCK SHA256 SIZE: the lock with another one.
sha256_of() { jq -r --arg p "$platform" --arg n "$package" '.platforms[$p].packages[] | select(.name == $n) | .sha256' "$@" | sort -u | head -n 1; }
name_deb() { jq --arg p "$platform" --arg n "$package" --arg s "$2" --argjson size "$3" '(.platforms[$p].packages[] | select(.name == $n)) |= (.sha256 = $s | .size = $size)' "$1"; }

say_machine() { echo "On $(nproc) processors ($(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo)), $repeat rounds each, medians; made by \`bench/$script\` on $(date -u +%F)."; }
# say_limit FILE END: what `limit` measured, in words.
say_limit() {
  jq -r --arg more "$2" '"Limit: \(.limit * 1000 | round / 1000) s = (decompress \(.decompress * 1000 | round / 1000) s + pack \(.pack * 1000 | round / 1000) s + hash \(.hash * 1000 | round / 1000) s) / \(.cores); packages \(.package_bytes / 1e6 | round) MB, unpacked \(.unpacked_bytes / 1e6 | round) MB, into layers \(.content_bytes / 1e6 | round) MB\($more)."' "$1"
  echo
  echo '| build | wall | ratio | wanted | processor time | peak memory |'
  echo '|---|---|---|---|---|---|'
}
# row FILE WORDS AGAINST OF WANTED: nothing where FILE has no round.
row() {
  [[ -s $1 ]] || return 0
  awk -v words="$2" -v wall="$(median "$1" wall)" -v against="$3" -v of="$4" -v wanted="$5" -v cpu="$(median "$1" cpu)" -v peak="$(peak "$1")" \
    'BEGIN {printf "| %s | %.3f s | %.4f of %s | %s | %.2f s | %s MB |\n", words, wall, wall / against, of, wanted, cpu, peak}'
}
