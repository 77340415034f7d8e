#!/usr/bin/env bash
# Runs the commands of the README's tour (its `sh` blocks) in a copy of their own, each block as a newcomer would, and fails where one fails.
#   scripts/tour.sh [--write]      --write puts what they printed into the README's `text` blocks
# Needs build/release/ashlar, as scripts/quickstart.sh leaves it.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
write=${1-}
[[ -z $write || $write == --write ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[[ -x $top/build/release/ashlar ]] || die "there is no build/release/ashlar; scripts/quickstart.sh builds it"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/build" "$work/blocks"
ln -s "$top/build/release" "$work/build/release"
ln -s "$top/scripts" "$work/scripts"
awk -v to="$work/blocks/" '/^```sh$/ {on = 1; file = sprintf("%s%02d", to, ++n); next} /^```$/ {on = 0} on {print > file}' "$top/README.md"
# One shell for all of them, as in a terminal.
for block in "$work"/blocks/??; do
  printf 'exec > %q.out 2>&1\n' "$block"
  cat "$block"
done > "$work/all.sh"
(cd "$work" && NO_COLOR=1 bash -euo pipefail all.sh) || {
  cat "$work"/blocks/*.out >&2
  die "a command of the tour failed; what it said stands above"
}
for block in "$work"/blocks/??; do
  [[ -s $block.out ]] || die "block $(basename "$block") of the tour says nothing"
done
if [[ -z $write ]]; then
  say "$script: the $(find "$work/blocks" -name '*.out' | wc -l) blocks of the tour ran"
  exit 0
fi
awk -v from="$work/blocks/" '
  /^```text$/ {print; file = sprintf("%s%02d.out", from, ++n); while ((getline line < file) > 0) print line; skip = 1; next}
  /^```$/ {skip = 0}
  !skip' "$top/README.md" > "$work/README.md"
cat "$work/README.md" > "$top/README.md"
say "$script: wrote the answers into README.md"
