#!/usr/bin/env bash
# Locks every debian-13 definition of Docker Hardened Images with the distribution's archives alone, and writes what came of it as a table.
#   scripts/dhi-table.sh [--definitions ARCHIVE] [--ashlar PROGRAM] [--out FILE]
# The definitions come from ../shared/data/dhi/image-definitions.tar.zst unless another archive is named. Locks go to a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=../shared/data/dhi/image-definitions.tar.zst ashlar=build/release/ashlar out=docs/dhi-definitions.md
while (($#)); do case $1 in
  --definitions) archive=$2; shift 2 ;; --ashlar) ashlar=$2; shift 2 ;; --out) out=$2; shift 2 ;;
  *) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
[[ -x $ashlar ]] || { echo "dhi-table: there is no program '$ashlar'; build it with: cmake --preset release && cmake --build --preset release" >&2; exit 2; }
[[ -f $archive ]] || { echo "dhi-table: there is no archive '$archive'" >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
tar --zstd -C "$work" -xf "$archive"
mapfile -t definitions < <(cd "$work" && grep -lE '^# syntax=[^ ]*:2-debian13' -r image --include='*.yaml' | sort)
echo "dhi-table: ${#definitions[@]} definitions" >&2
program=$(realpath "$ashlar")
(cd "$work" && "$program" lock --only-distribution --keep-going --platform linux/amd64,linux/arm64 --format json --quiet --output result.json "${definitions[@]}") || true
{
  echo '# Definitions of Docker Hardened Images, locked with Debian alone'
  echo
  echo "Made by \`scripts/dhi-table.sh\` on $(date -u +%F): each debian-13 definition of the public catalogue, unmodified, locked with \`--only-distribution\` for linux/amd64 and linux/arm64."
  echo
  jq -r '[.definitions[] | {variant: (if (.definition | test("-dev\\.yaml$")) then "dev" else "runtime" end), locked}]
         | group_by(.variant)[] | "- \(.[0].variant): \(map(select(.locked)) | length) of \(length) lock"' "$work/result.json"
  echo
  echo '| definition | locks | packages, or what is missing |'
  echo '|---|---|---|'
  jq -r '.definitions[] | "| \(.definition | sub("^image/"; "") | sub("\\.yaml$"; "")) | \(if .locked then "yes" else "no" end) | \(if .locked then "\(.packages)" else (.error | gsub("^cannot lock '\''[^'\'']*'\'': "; "") | gsub("\\|"; "\\|")) end) |"' "$work/result.json"
} > "$out"
echo "dhi-table: wrote $out" >&2
