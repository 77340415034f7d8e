#!/usr/bin/env bash
# An SBOM of an image from its OCI archive: wall time, peak memory and processor time (medians) of ours and of syft, each run after the other in one go; ours for
# the first time (--again) and once its layers are kept.
#   bench/sbom.sh [ARCHIVE [RUNS]]   (default: the python image of the catalogue, 9 runs)
# ASHLAR names the program (default: the release build), SYFT syft (default: that of PATH).
set -euo pipefail
source "$(dirname "$0")/../scripts/machine.sh"
ashlar=${ASHLAR:-$(build_root)/release/ashlar}
syft=${SYFT:-syft}
archive=${1:-}
runs=${2:-9}
[[ -x $ashlar ]] || die "there is no '$ashlar'; build it, or name another with ASHLAR"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [[ -z $archive ]]; then
  archive=$folder/python.tar
  "$ashlar" build "$top/catalog/python/3.13.yaml" --platform linux/amd64 -o "oci-archive:$archive:1" --quiet >&2
fi
peers=(first again)
if command -v "$syft" >/dev/null; then peers+=(syft); else say "$script: this machine has no syft; name it with SYFT"; fi
declare -A commands=([first]="'$ashlar' sbom 'oci-archive:$archive' --again --format spdx-json --output '$folder/ours.json'"
                    [again]="'$ashlar' sbom 'oci-archive:$archive' --format spdx-json --output '$folder/ours.json'"
                    [syft]="'$syft' scan -q 'oci-archive:$archive' -o 'spdx-json=$folder/syft.json'")
for peer in "${peers[@]}"; do eval "${commands[$peer]}"; done  # once unmeasured, so that both find their files in memory
for ((run = 0; run < runs; ++run)); do
  for peer in "${peers[@]}"; do
    eval "command=(${commands[$peer]})"
    python3 - "$folder/$peer.figures" "${command[@]}" <<'PYTHON'
import os, sys, time
begin = time.monotonic()
child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
if status != 0:
    sys.exit(f"'{sys.argv[2]}' failed")
with open(sys.argv[1], "a") as file:
    print(time.monotonic() - begin, usage.ru_maxrss, usage.ru_utime + usage.ru_stime, file=file)
PYTHON
  done
done
median() { sort -n -k "$2" "$folder/$1.figures" | awk -v column="$2" '{value[NR] = $column} END {print value[int((NR + 1) / 2)]}'; }
for peer in "${peers[@]}"; do printf '%-5s %8.3f s %10.1f MiB %8.3f s of a processor\n' "$peer" "$(median "$peer" 1)" "$(awk -v k="$(median "$peer" 2)" 'BEGIN {print k / 1024}')" "$(median "$peer" 3)"; done
if [[ -s $folder/syft.figures ]]; then
  for each in first again; do
    awk -v words="$each" -v a="$(median $each 1)" -v b="$(median syft 1)" -v c="$(median $each 2)" -v d="$(median syft 2)" -v e="$(median $each 3)" -v f="$(median syft 3)" \
      'BEGIN {printf "%s: syft takes %.1f times the wall time, %.1f times the memory and %.1f times the processor time\n", words, b / a, d / c, f / e}'
  done
fi
