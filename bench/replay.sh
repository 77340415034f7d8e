#!/usr/bin/env bash
# How long a year of recorded history over the runtime images of the catalogue takes to replay, beside building those images, in turn in the same run; the table goes to
# standard output.
#   bench/replay.sh [--build FOLDER] [--repeat N] HISTORY FROM TO
# FOLDER is a release build with benchmarks (build/release), N at least 3, HISTORY what scripts/record-history.sh made, FROM and TO dates.
#   replay    a round a day, the answer as JSON
#   cold      locks and packages cached, no frame cached, an empty layout
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
repeat=3 platform=linux/$(dpkg --print-architecture) build=$here/build/release
take_arguments 4,7 "$@"
set -- "${rest[@]}"
(($# == 3)) || { sed -n '4,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
history=$(realpath "$1")
take_programs "$build"
folder=$work/replay
rm -rf "$folder"
mkdir -p "$folder"
cp -r "$here/catalog" "$folder/catalog"
rm -f "$folder"/catalog/*/*.lock.json
mapfile -t definitions < <("$ashlar" catalog list --catalog "$folder/catalog" --format json | jq -r '.images[] | select(.variant == "runtime") | .definition')
"$ashlar" lock "${definitions[@]}" --platform "$platform" --quiet >/dev/null
"$ashlar" build "${definitions[@]}" --platform "$platform" -o "oci:$folder/first" --quiet >/dev/null
for ((round = 0; round < repeat; round++)); do
  "$measure" "$ashlar" replay --history "$history" --from "$2" --to "$3" --format json --quiet 3>>"$folder/replay" >"$folder/answer.json"
  rm -rf "$cache/frames" "$folder/layout"
  one "$folder/cold" "${definitions[@]}" -o "oci:$folder/layout"
done
say_machine
echo
jq -r '"\(.images | length) images, \(.days | length) rounds, \(.facts) facts, \(.events) events written down; \('"${#definitions[@]}"') images built."' "$folder/answer.json"
echo
echo '| | wall | ratio | wanted | processor time | peak memory |'
echo '|---|---|---|---|---|---|'
cold=$(median "$folder/cold" wall)
row "$folder/cold" 'the catalogue built, cold' "$cold" cold ''
row "$folder/replay" 'the history replayed' "$cold" 'building cold' 'below 1'
