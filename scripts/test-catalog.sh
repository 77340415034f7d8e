#!/usr/bin/env bash
# Builds every image of the catalogue for this machine's architecture, proves each on its bytes, runs its tests, and says what came of it.
#   scripts/test-catalog.sh [--runtime] [NAME...]     --runtime leaves the -dev images out; NAME: folders of catalog/, all by default
# Ends with 1 when a check of any image fails. Answers are kept by image digest, so that only what changed is tested again.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
SECONDS=0
runtime=''
if [[ ${1-} == --runtime ]]; then runtime=1; shift; fi
if [[ ${1-} == -* ]]; then sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2; fi
folder=$(build_root)
ashlar=$folder/release/ashlar
if [[ ! -x $ashlar ]]; then
  "$top/scripts/install-needs.sh" run
  build_preset release "$folder/release" ashlar
fi
export ASHLAR_DATA_DIR=$top PATH=$PATH:/usr/sbin:/sbin
out=$folder/catalog
mkdir -p "$out"
# Locks are written beside definitions; the catalogue itself has none.
rm -rf "$out/definitions" && mkdir "$out/definitions" && cp -r "$top/catalog" "$out/definitions/"
shopt -s nullglob
names=("$@")
if ((${#names[@]} == 0)); then names=('*'); fi
definitions=()
for name in "${names[@]}"; do
  found=("$out"/definitions/catalog/$name/[0-9]*.yaml)
  ((${#found[@]})) || die "the catalogue has no image '$name'; \`ashlar catalog list\` shows what there is"
  for file in "${found[@]}"; do if [[ -z $runtime || $file != *-dev.yaml ]]; then definitions+=("$file"); fi; done
done
platform=linux/$(dpkg --print-architecture)

step "build ${#definitions[@]} images for $platform"
"$ashlar" build "${definitions[@]}" --platform "$platform" -o "oci:$out/images" --format json --output "$out/build.json"
step "test them"
failed=0
printf '%-24s %9s %6s  %s\n' image 'MB to pull' passed 'failed, excused, not applicable'
while read -r tag definition size; do
  code=0
  "$ashlar" test "oci:$out/images:$tag" --definition "$definition" --format json --output "$out/$tag.test.json" 2>"$out/$tag.test.err" || code=$?
  if ((code > 1)); then
    printf '%-24s %9s %6s  %s\n' "$tag" "$size" - "$(tail -n 1 "$out/$tag.test.err")"
  else
    printf '%-24s %9s %6s  %s\n' "$tag" "$size" "$(jq '[.checks[] | select(.result == "passed")] | length' "$out/$tag.test.json")" \
      "$(jq -r '[.checks[] | select(.result != "passed") | "\(.id)\(if .result == "failed" then " FAILED: " + (.evidence[0:3] | join("; ")) else " " + .result end)"] | join(", ")' "$out/$tag.test.json")"
  fi
  if ((code)); then failed=$((failed + 1)); fi
done < <(jq -r '.images[] | "\(.tags[0]) \(.definition) \(.image.size / 1e6 * 10 | round / 10)"' "$out/build.json")
printf '\n%d of %d images hold all that is asked of them; %d s\n' $((${#definitions[@]} - failed)) ${#definitions[@]} $SECONDS
((failed == 0))
