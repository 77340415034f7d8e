#!/usr/bin/env bash
# How large each runtime image of the catalogue is, beside the smallest root file system that the distribution's own tools make with the same package; the
# table goes to standard output.
#   bench/sizes.sh [--ashlar PROGRAM] [--alone] [DEFINITION...]
# Needs mmdebstrap and, for it, root or user namespaces; --alone leaves that side out and takes -dev images in. The mirror is the machine's own.
# Sizes are summed over regular files, hard links counted once.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd -P)
ashlar=$here/build/release/ashlar
if [[ ${1-} == --ashlar ]]; then ashlar=$(realpath "$2"); shift 2; fi
alone= others=(! -name '*-dev.yaml')
if [[ ${1-} == --alone ]]; then alone=1 others=(); shift; fi
[[ -x $ashlar ]] || { echo "sizes.sh: there is no program '$ashlar'" >&2; exit 2; }
[[ $alone ]] || command -v mmdebstrap >/dev/null || { echo "sizes.sh: there is no mmdebstrap; apt-get install mmdebstrap" >&2; exit 2; }
export ASHLAR_DATA_DIR=$here
architecture=$(dpkg --print-architecture) suite=trixie
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | awk '$2 !~ /-/ && $1 ~ /debian\/$/ {print $1; exit}')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/catalog" "$work/catalog"
cd "$work"
(($#)) || set -- $(find catalog -name '*.yaml' ! -name info.yaml "${others[@]}" | sort)

# The packages that the definition asks for.
asked() { awk '/^  packages:/ {on = 1; next} on && /^    - / {sub(/^    - /, ""); gsub(/[\x27"]/, ""); sub(/=.*/, ""); if ($0 !~ /^!/) print $1; next} on && !/^    *#/ {on = 0}' "$1" | paste -sd,; }
bytes_of() { find "$1" -xdev -type f -printf '%i %s\n' | sort -u | awk '{sum += $2} END {printf "%.1f", sum / 1e6}'; }

echo "linux/$architecture, MB (powers of 1000); made by \`bench/sizes.sh\` on $(date -u +%F)."
echo
if [[ $alone ]]; then printf '%s\n' '| image | packages | files | to pull |' '|---|---|---|---|'; else
  printf '%s\n' '| image | packages | files | to pull | the distribution, files | packages | ratio |' '|---|---|---|---|---|---|---|'
fi
for definition; do
  name=$(basename "$(dirname "$definition")")-$(basename "$definition" .yaml)
  "$ashlar" lock "$definition" --platform "linux/$architecture" --quiet >/dev/null 2>"$name.err" || { cat "$name.err" >&2; exit 1; }
  "$ashlar" build "$definition" --platform "linux/$architecture" -o "oci:out:$name" --format json --output "$name.json" --quiet 2>"$name.err" || { cat "$name.err" >&2; exit 1; }
  if [[ $alone ]]; then
    jq -r --arg name "$name" '.images[0] | "| \($name) | \(.packages | length) | \(.content_size / 1e5 | round / 10) | \(.image.size / 1e5 | round / 10) |"' "$name.json"
    continue
  fi
  rm -rf root && mkdir root
  printf 'deb %s %s main\ndeb %s %s-updates main\ndeb %s-security %s-security main\n' "$mirror" $suite "$mirror" $suite "${mirror%/}" $suite |
    mmdebstrap --quiet --variant=minbase --architectures="$architecture" --include="$(asked "$definition")" --format=directory --aptopt='Acquire::Check-Valid-Until "false"' \
      --keyring=/usr/share/keyrings $suite root - 2>"$name.log" || { echo "sizes.sh: mmdebstrap failed for $name: $(tail -n 1 "$name.log")" >&2; continue; }
  theirs=$(bytes_of root) count=$(grep -c '^Package: ' root/var/lib/dpkg/status)
  jq -r --arg name "$name" --arg theirs "$theirs" --arg count "$count" '.images[0] |
    "| \($name) | \(.packages | length) | \(.content_size / 1e5 | round / 10) | \(.image.size / 1e5 | round / 10) | \($theirs) | \($count) | \((($theirs | tonumber) * 1e6 / .content_size * 10 | round / 10)) |"' "$name.json"
done
