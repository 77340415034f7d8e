#!/usr/bin/env bash
# Records a history for `ashlar replay` (docs/formats/history.md): locks the runtime images of the catalogue, dates the versions of their packages by the changelogs in the
# cached packages, and takes the advisories of shared data (derived from changelogs, not Debian's own: see docs/replay.md).
#   scripts/record-history.sh SINCE OUTPUT [IMAGE...]
# SINCE is a date, OUTPUT a file (.jsonl, or .jsonl.zst), IMAGE names of the catalogue instead of all. ASHLAR names the program, PLATFORM another platform.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
source "$(dirname "$0")/catalogue.sh"
(($# >= 2)) || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
since=$1 output=$(realpath -m "$2") platform=${PLATFORM:-linux/$(dpkg --print-architecture)}
shift 2
take_catalogue
data=$top/../shared/data/advisories
[[ -e $data/debian-tracker-derived.json.zst ]] || die "there is no '$data/debian-tracker-derived.json.zst'"
mapfile -t rows < <(ASHLAR_DATA_DIR=$top "$ashlar" catalog list --catalog catalog --format json | jq -r '.images[] | select(.variant == "runtime") | "\(.name) \(.definition)"')
definitions=()
for row in "${rows[@]}"; do
  if (($#)) && [[ " $* " != *" ${row%% *} "* ]]; then continue; fi
  definitions+=("${row#* }")
done
((${#definitions[@]})) || die "the catalogue has none of: $*"
export ASHLAR_DATA_DIR=$top
# Building fetches what the cache lacks.
"$ashlar" lock "${definitions[@]}" --platform "$platform" --quiet >/dev/null
"$ashlar" build "${definitions[@]}" --platform "$platform" -o "oci:$folder/layout" --quiet >/dev/null
packages=${XDG_CACHE_HOME:-$HOME/.cache}/ashlar/packages/sha256
python3 "$top/scripts/record_history.py" --since "$since" --packages "$packages" --tracker "$data/debian-tracker-derived.json.zst" --kev "$data/kev.json.zst" --platform "$platform" "${definitions[@]/%.yaml/.lock.json}" > "$folder/history.jsonl"
if [[ $output == *.zst ]]; then zstd -q -19 -f "$folder/history.jsonl" -o "$output"; else cp "$folder/history.jsonl" "$output"; fi
