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
source "$(dirname "$0")/rounds.sh"
repeat=5 platform=linux/$(dpkg --print-architecture) package=libssl3t64 build=$here/build/release
take_arguments 3,8 "$@"
set -- "${rest[@]}"
(($#)) || set -- "$here/catalog/python/3.13.yaml"
take_programs "$build"

# change_package LOCK N: another .deb of $package, and the lock that names it.
change_package() {
  local sha256 size
  read -r sha256 size < <(change_deb "$(sha256_of "$1.kept")" "$2")
  name_deb "$1.kept" "$sha256" "$size" > "$1"
}

say_machine
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
    one "$work/cold" "$copy" -o "oci:$folder/layout:bench"
    one "$work/same" "$copy" -o "oci:$folder/layout:bench"
    rm -rf "$cache/frames/images" "$folder/layout"
    one "$work/frames" "$copy" -o "oci:$folder/layout:bench"
    rm -rf "$cache/frames/layers" "$cache/frames/images" "$folder/layout"
    one "$work/unnoted" "$copy" -o "oci:$folder/layout:bench"
    if jq -e --arg p "$platform" --arg n "$package" 'any(.platforms[$p].packages[]; .name == $n)' "$lock.kept" >/dev/null; then
      change_package "$lock" "$round"
      one "$work/changed" "$copy" -o "oci:$folder/layout:bench"
      cp "$lock.kept" "$lock"
    fi
  done
  "$limit" "$lock" "$platform" "$cache/packages" "$folder/first" "$repeat" > "$work/limit"
  bound=$(jq .limit "$work/limit") cold=$(median "$work/cold" wall)
  echo
  echo "### $name, $platform"
  echo
  say_limit "$work/limit" ''
  row "$work/cold" 'no frame cached' "$bound" 'the limit' 'at most 1.5'
  row "$work/frames" 'frames cached' "$cold" 'that' 'at most 0.125'
  row "$work/unnoted" 'frames cached, no layer noted' "$cold" 'that' 'at most 0.125'
  row "$work/changed" "one package changed ($package)" "$cold" 'that' 'at most 0.25'
  row "$work/same" 'nothing changed' "$cold" 'that' 'at most 0.05'
done
