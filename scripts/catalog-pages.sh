#!/usr/bin/env bash
# Writes docs/catalog/<image>.md for every image of the catalogue, and docs/catalog/images.md, a table of all.
#   scripts/catalog-pages.sh [--ashlar PROGRAM] [--images oci:DIR] [--out FOLDER]
# Packages come from the locks beside the definitions, sizes from --images: the layout that `ashlar build --all` wrote. What is not there is left out.
# Pages of images that are gone are removed. The same locks and images give the same pages.
set -euo pipefail
cd "$(dirname "$0")/.."
ashlar=build/release/ashlar images=() out=docs/catalog
while (($#)); do case $1 in
  --ashlar) ashlar=$2; shift 2 ;; --images) images=(--images "$2"); shift 2 ;; --out) out=$2; shift 2 ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
[[ -x $ashlar ]] || { echo "catalog-pages: there is no program '$ashlar'; build it with: cmake --preset release && cmake --build --preset release" >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mapfile -t names < <("$ashlar" catalog list --format json | jq -r '.images[].name' | sort -u)
"$ashlar" catalog page --output "$work/images.md"
for name in "${names[@]}"; do "$ashlar" catalog page "$name" "${images[@]}" --output "$work/$name.md"; done
mkdir -p "$out"
find "$out" -maxdepth 1 -name '*.md' ! -name README.md -delete
mv "$work"/*.md "$out/"
echo "catalog-pages: ${#names[@]} pages in $out" >&2
