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
source "$(dirname "$0")/rounds.sh"
repeat=3 platform=linux/$(dpkg --print-architecture) package=libc6 build=$here/build/release
take_arguments 3,9 "$@"
set -- "${rest[@]}"
take_programs "$build"
folder=$work/catalog
rm -rf "$folder"
mkdir -p "$folder"
cp -r "$here/catalog" "$folder/catalog"
rm -f "$folder"/catalog/*/*.lock.json
mapfile -t rows < <("$ashlar" catalog list --catalog "$folder/catalog" --format json | jq -r '.images[] | select(.variant == "runtime") | "\(.name) \(.definition)"')
definitions=() locks=()
for row in "${rows[@]}"; do
  if (($#)) && [[ " $* " != *" ${row%% *} "* ]]; then continue; fi
  definitions+=("${row#* }")
  locks+=("$(sed 's/\.yaml$/.lock.json/' <<<"${row#* }")")
done
((${#definitions[@]})) || { echo "$script: the catalogue has none of: $*" >&2; exit 2; }

# all LABEL: a measured build of all.
all() { one "$folder/$1" "${definitions[@]}" -o "oci:$folder/layout"; }
records() { find "$cache/frames/records" -type f -printf '%P\n' | sort; }

# change_package N: another .deb of $package, and locks that name it.
change_package() {
  local sha256 size
  read -r sha256 size < <(change_deb "$(sha256_of "$folder"/kept/*.json)" "$1")
  for at in "${!locks[@]}"; do name_deb "$folder/kept/$at.json" "$sha256" "$size" > "${locks[at]}"; done
}

"$ashlar" lock "${definitions[@]}" --platform "$platform" --quiet >/dev/null
"$ashlar" build "${definitions[@]}" --platform "$platform" -o "oci:$folder/first" --quiet >/dev/null
mkdir "$folder/kept"
for at in "${!locks[@]}"; do cp "${locks[at]}" "$folder/kept/$at.json"; done
for ((round = 0; round < repeat; round++)); do
  rm -rf "$cache/frames" "$folder/layout"
  all cold
  all same
  change_package "$round"
  records > "$folder/before"
  all changed
  records | comm -13 "$folder/before" - > "$folder/fresh"
  for at in "${!locks[@]}"; do cp "$folder/kept/$at.json" "${locks[at]}"; done
done
"$limit" --all "$platform" "$cache/packages" "$folder/first" "$repeat" "${locks[@]}" > "$folder/limit"
bound=$(jq .limit "$folder/limit") cold=$(median "$folder/cold" wall)

say_machine
echo
echo "### ${#definitions[@]} images, $platform"
echo
say_limit "$folder/limit" ', each once'
row "$folder/cold" 'no frame cached' "$bound" 'the limit' 'at most 1.5'
row "$folder/same" 'nothing changed' "$cold" 'that' 'at most 0.0333'
row "$folder/changed" "another $package" "$cold" 'that' 'only its frames packed again'
echo
# A record names its package in the control file that it holds.
mapfile -t fresh < "$folder/fresh"
of=$(for record in "${fresh[@]}"; do grep -a -o -m 1 '^Package: [^ ]*' "$cache/frames/records/$record" || grep -a -o 'Package: [a-z0-9+.-]*' "$cache/frames/records/$record" | head -n 1; done | sort | uniq -c | awk '{printf "%s%s of %s", (NR > 1 ? ", " : ""), $1, $3}')
echo "Frames made anew for another $package: ${#fresh[@]} of $(wc -l < "$folder/before") ($of)."
[[ $of =~ ^[0-9]+\ of\ $package$ ]] || { echo "$script: other frames than those of $package were made again: $of" >&2; exit 1; }
