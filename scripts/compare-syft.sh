#!/usr/bin/env bash
# Compares our packages of every catalogue image with syft's, by purl in one spelling (docs/sbom.md); prints what only one of them has, and exits with 1
# when there is such. Packages of languages, which syft finds in files of Debian's packages, are counted apart.
#   scripts/compare-syft.sh [DEFINITION...]   (default: every definition of the catalogue)
# ASHLAR names the program (default: the release build), SYFT syft (default: that of PATH).
set -euo pipefail
source "$(dirname "$0")/machine.sh"
source "$(dirname "$0")/catalogue.sh"
syft=${SYFT:-syft}
# The point release that syft takes from /etc/debian_version, and the colon of an epoch, which purls may write either way.
spelt() { sed -E 's/(distro=[a-z]+-[0-9]+)\.[0-9]+/\1/; s/%3A/:/g' | LC_ALL=C sort -u; }
command -v "$syft" >/dev/null || die "this machine has no syft; name it with SYFT"
command -v jq >/dev/null || die "this machine has no jq"
take_catalogue "$@"
failed=0
printf '%-28s %6s %6s %6s  %s\n' image ours syft both 'languages (syft alone)'
for definition in "${definitions[@]}"; do
  name=$(name_of "$definition")
  build_image "$definition" linux/amd64 "oci-archive:$name.tar:1" || { failed=1; continue; }
  "$ashlar" sbom "oci-archive:$name.tar" --format json | jq -r '.packages[].purl | select(startswith("pkg:deb/"))' | spelt > ours
  "$syft" scan -q "oci-archive:$name.tar" -o json > theirs.json
  jq -r '.artifacts[] | select(.type == "deb") | .purl' theirs.json | spelt > theirs
  languages=$(jq -r '.artifacts[] | select(.type != "deb") | .type' theirs.json | sort | uniq -c | awk '{printf "%s %s  ", $1, $2}')
  both=$(LC_ALL=C comm -12 ours theirs | wc -l)
  printf '%-28s %6s %6s %6s  %s\n' "$name" "$(wc -l < ours)" "$(wc -l < theirs)" "$both" "$languages"
  if ! cmp -s ours theirs; then
    LC_ALL=C comm -3 ours theirs | sed 's/^\t/  syft alone: /; t; s/^/  ours alone: /'
    failed=1
  fi
  rm -f "$name.tar"
done
exit $failed
