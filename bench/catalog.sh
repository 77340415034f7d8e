#!/usr/bin/env bash
# How long it takes to build the whole catalogue (its runtime variants), beside the limit for the bytes that differ in it, measured in the same run; the
# table goes to standard output.
#   bench/catalog.sh [--build FOLDER] [--repeat N] [--platform PLATFORM] [IMAGE...]
# FOLDER is a release build with benchmarks (build/release), N at least 3, PLATFORM this machine's, IMAGE names of the catalogue instead of all.
#   cold      locks and packages cached, no frame cached, an empty layout
#   same      nothing changed
#   changed   another libc6, all else cached (a new .deb of it is made, with other bytes in a file that goes in)
# Below the table: how many frames were made anew for `changed`, and of which packages they are. Any but libc6 is an error.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd -P)
build=$here/build/release repeat=3 platform=linux/$(dpkg --print-architecture) package=libc6
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --platform) platform=$2; shift 2 ;;
  *) sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
build=$(realpath "$build")
ashlar=$build/ashlar limit=$build/bench/limit measure=$build/bench/measure
for program in "$ashlar" "$limit" "$measure"; do [[ -x $program ]] || { echo "catalog.sh: there is no program '$program'" >&2; exit 2; }; done
work=$build/bench/work
folder=$work/catalog
mkdir -p "$work"
rm -rf "$folder"
mkdir -p "$folder"
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/state ASHLAR_DATA_DIR=$here
cache=$work/cache/ashlar
cp -r "$here/catalog" "$folder/catalog"
rm -f "$folder"/catalog/*/*.lock.json
mapfile -t rows < <("$ashlar" catalog list --catalog "$folder/catalog" --format json | jq -r '.images[] | select(.variant == "runtime") | "\(.name) \(.definition)"')
definitions=() locks=()
for row in "${rows[@]}"; do
  if (($#)) && [[ " $* " != *" ${row%% *} "* ]]; then continue; fi
  definitions+=("${row#* }")
  locks+=("$(sed 's/\.yaml$/.lock.json/' <<<"${row#* }")")
done
((${#definitions[@]})) || { echo "catalog.sh: the catalogue has none of: $*" >&2; exit 2; }

# one LABEL: a measured build of all, its line added to $folder/LABEL.
one() { "$measure" "$ashlar" build "${definitions[@]}" --locked --offline --platform "$platform" -o "oci:$folder/layout" --quiet 3>>"$folder/$1" >/dev/null; }
median() { jq -s "map(.$2) | sort | .[length / 2 | floor]" "$folder/$1"; }
peak() { jq -s 'map(.peak_memory) | max / 1e6 * 10 | round / 10' "$folder/$1"; }
records() { find "$cache/frames/records" -type f -printf '%P\n' | sort; }

# change_package N: a .deb of $package with other bytes, in the cache, and locks that name it.
change_package() {
  local sha256 file tree=$folder/tree
  sha256=$(jq -r --arg p "$platform" --arg n "$package" '.platforms[$p].packages[] | select(.name == $n) | .sha256' "$folder"/kept/*.json | sort -u | head -n 1)
  rm -rf "$tree"
  dpkg-deb -R "$cache/packages/sha256/${sha256:0:2}/${sha256:2}" "$tree"
  file=$(find "$tree/usr" -path '*/doc/*/copyright' -type f | head -n 1)
  echo "change $1 of $(date +%s%N)" >> "$file"
  (cd "$tree" && find . -type f -not -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zxz -b "$tree" "$folder/changed.deb" >/dev/null
  sha256=$(sha256sum "$folder/changed.deb" | cut -d' ' -f1)
  install -D -m 644 "$folder/changed.deb" "$cache/packages/sha256/${sha256:0:2}/${sha256:2}"
  for at in "${!locks[@]}"; do
    jq --arg p "$platform" --arg n "$package" --arg s "$sha256" --argjson size "$(stat -c %s "$folder/changed.deb")" \
      '(.platforms[$p].packages[] | select(.name == $n)) |= (.sha256 = $s | .size = $size)' "$folder/kept/$at.json" > "${locks[at]}"
  done
}

"$ashlar" lock "${definitions[@]}" --platform "$platform" --quiet >/dev/null
"$ashlar" build "${definitions[@]}" --platform "$platform" -o "oci:$folder/first" --quiet >/dev/null
mkdir "$folder/kept"
for at in "${!locks[@]}"; do cp "${locks[at]}" "$folder/kept/$at.json"; done
for ((round = 0; round < repeat; round++)); do
  rm -rf "$cache/frames" "$folder/layout"
  one cold
  one same
  change_package "$round"
  records > "$folder/before"
  one changed
  records | comm -13 "$folder/before" - > "$folder/fresh"
  for at in "${!locks[@]}"; do cp "$folder/kept/$at.json" "${locks[at]}"; done
done
"$limit" --all "$platform" "$cache/packages" "$folder/first" "$repeat" "${locks[@]}" > "$folder/limit"
bound=$(jq .limit "$folder/limit") cold=$(median cold wall)

echo "On $(nproc) processors ($(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo)), $repeat rounds each, medians; made by \`bench/catalog.sh\` on $(date -u +%F)."
echo
echo "### ${#definitions[@]} images, $platform"
echo
jq -r '"Limit: \(.limit * 1000 | round / 1000) s = (decompress \(.decompress * 1000 | round / 1000) s + pack \(.pack * 1000 | round / 1000) s + hash \(.hash * 1000 | round / 1000) s) / \(.cores); packages \(.package_bytes / 1e6 | round) MB, unpacked \(.unpacked_bytes / 1e6 | round) MB, into layers \(.content_bytes / 1e6 | round) MB, each once."' "$folder/limit"
echo
echo '| build | wall | ratio | wanted | processor time | peak memory |'
echo '|---|---|---|---|---|---|'
row() { # row LABEL WORDS AGAINST OF WANTED
  awk -v words="$2" -v wall="$(median "$1" wall)" -v against="$3" -v of="$4" -v wanted="$5" -v cpu="$(median "$1" cpu)" -v peak="$(peak "$1")" \
    'BEGIN {printf "| %s | %.3f s | %.4f of %s | %s | %.2f s | %s MB |\n", words, wall, wall / against, of, wanted, cpu, peak}'
}
row cold 'no frame cached' "$bound" 'the limit' 'at most 1.5'
row same 'nothing changed' "$cold" 'that' 'at most 0.0333'
row changed "another $package" "$cold" 'that' 'only its frames packed again'
echo
# A record names its package in the control file that it holds.
mapfile -t fresh < "$folder/fresh"
of=$(for record in "${fresh[@]}"; do grep -a -o -m 1 '^Package: [^ ]*' "$cache/frames/records/$record" || grep -a -o 'Package: [a-z0-9+.-]*' "$cache/frames/records/$record" | head -n 1; done | sort | uniq -c | awk '{printf "%s%s of %s", (NR > 1 ? ", " : ""), $1, $3}')
echo "Frames made anew for another $package: ${#fresh[@]} of $(wc -l < "$folder/before") ($of)."
[[ $of =~ ^[0-9]+\ of\ $package$ ]] || { echo "catalog.sh: other frames than those of $package were made again: $of" >&2; exit 1; }
