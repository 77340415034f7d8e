#!/usr/bin/env bash
# All proofs on the bytes of the python image beside sha256sum over the same files, in turn: bench/proofs.sh [--runs N] [--ashlar PROGRAM] [REF]
# Wall time, medians. The proofs read the image as it is pulled (compressed layers); sha256sum reads the files unpacked, from the page cache. Without run
# tests and without the second build.
set -euo pipefail
source "$(dirname "$0")/../scripts/machine.sh"
runs=21 ref= held=() ashlar=$(build_root)/release/ashlar
while (($#)); do case $1 in
  --runs) runs=$2; shift 2 ;; --ashlar) ashlar=$(realpath "$2"); shift 2 ;; -*) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; *) ref=$1; shift ;; esac; done
export ASHLAR_DATA_DIR=$top
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
if [[ -z $ref ]]; then
  "$ashlar" build --quiet "$top/catalog/python/3.13.yaml" --platform linux/amd64 -o "oci:$work/out:python" >/dev/null
  ref=oci:$work/out:python held=(--definition "$top/catalog/python/3.13.yaml")
fi
skopeo copy -q "$ref" "dir:$work/dir"
mkdir "$work/root"
for layer in $(jq -r '.layers[].digest | ltrimstr("sha256:")' "$work/dir/manifest.json"); do tar -xf "$work/dir/$layer" -C "$work/root" --no-same-owner 2>/dev/null || tar --zstd -xf "$work/dir/$layer" -C "$work/root" --no-same-owner; done
find "$work/root" -type f | sort >"$work/files"

now() { date +%s%N; }
proofs() { "$ashlar" test "$ref" "${held[@]}" --no-run --no-rebuild --again --quiet >/dev/null; }
sums() { xargs -d '\n' sha256sum <"$work/files" >/dev/null; }
proofs && sums
for ((run = 0; run < runs; ++run)); do
  begin=$(now); proofs; middle=$(now); sums; end=$(now)
  echo "$(((middle - begin) / 1000)) $(((end - middle) / 1000))"
done >"$work/times"
median() { sort -n | awk '{all[NR] = $1} END {print all[int((NR + 1) / 2)]}'; }
ours=$(cut -d' ' -f1 "$work/times" | median) theirs=$(cut -d' ' -f2 "$work/times" | median)
awk -v ours="$ours" -v theirs="$theirs" -v files="$(wc -l <"$work/files")" -v bytes="$(du -sb --apparent-size "$work/root" | cut -f1)" -v runs="$runs" 'BEGIN {
  printf "%d files, %.1f MB, %d runs each, medians of wall time\n", files, bytes / 1e6, runs
  printf "all proofs   %7.1f ms\nsha256sum    %7.1f ms\nratio        %7.2f   (at most 4)\n", ours / 1000, theirs / 1000, ours / theirs
}'
