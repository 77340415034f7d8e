#!/usr/bin/env bash
# Locks every debian-13 definition of Docker Hardened Images with the distribution's archives alone, and writes what came of it as a table.
#   scripts/dhi-table.sh [--definitions ARCHIVE] [--ashlar PROGRAM] [--out FILE]
# The definitions come from ../shared/data/dhi/image-definitions.tar.zst unless another archive is named. Locks and images go to a temporary folder:
# those that lock and have no part that is not built yet are built, too, for the platform of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=../shared/data/dhi/image-definitions.tar.zst ashlar=build/release/ashlar out=docs/dhi-definitions.md
while (($#)); do case $1 in
  --definitions) archive=$2; shift 2 ;; --ashlar) ashlar=$2; shift 2 ;; --out) out=$2; shift 2 ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
[[ -x $ashlar ]] || { echo "dhi-table: there is no program '$ashlar'; build it with: cmake --preset release && cmake --build --preset release" >&2; exit 2; }
[[ -f $archive ]] || { echo "dhi-table: there is no archive '$archive'" >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
tar --zstd -C "$work" -xf "$archive"
mapfile -t definitions < <(cd "$work" && grep -lE '^# syntax=[^ ]*:2-debian13' -r image --include='*.yaml' | sort)
echo "dhi-table: ${#definitions[@]} definitions" >&2
program=$(realpath "$ashlar")
export ASHLAR_DATA_DIR=${ASHLAR_DATA_DIR:-$PWD}
(cd "$work" && "$program" lock --only-distribution --keep-going --platform linux/amd64,linux/arm64 --format json --quiet --output result.json "${definitions[@]}") || true
[[ -s $work/result.json ]] || { echo "dhi-table: the archives could not be read" >&2; exit 1; }

# A line of `definition<TAB>what came of it` for each that is built.
mapfile -t whole < <(jq -r '.definitions[] | select(.locked and all(.notes[]; test("is not built by ashlar yet") | not)) | .definition' "$work/result.json")
echo "dhi-table: building ${#whole[@]} of them" >&2
for definition in "${whole[@]}"; do
  if built=$(cd "$work" && "$program" build --only-distribution --platform "linux/$(dpkg --print-architecture)" --format json --quiet "$definition" -o oci:out 2>"$work/error"); then
    jq -r --arg definition "$definition" '"\($definition)\tbuilds, \((.image.size / 1e5 | round) / 10) MB packed"' <<<"$built"
  else
    printf '%s\t%s\n' "$definition" "does not build: $(sed -n "s/^error: cannot [^:]*: //p" "$work/error" | head -1)"
  fi
done >"$work/built.tsv"
{
  echo '# Definitions of Docker Hardened Images, locked with Debian alone'
  echo
  echo "Made by \`scripts/dhi-table.sh\` on $(date -u +%F): each debian-13 definition of the public catalogue, unmodified, locked with \`--only-distribution\` for linux/amd64"
  echo 'and linux/arm64. A definition locks when the archives have every package of the image and everything that its `builds` are made with; `builds` themselves are not'
  echo 'made yet, and such an image is refused by `ashlar build` until then. Two rules stand in for what the vendor rebuilds ([how](solver.md)): a pin to a `+dhi` rebuild'
  echo 'is met by Debian'"'"'s build of the same source, and `ca-certificates-bundle` by the certificates of `ca-certificates`.'
  echo
  jq -r '[.definitions[] | {variant: (if (.definition | test("-dev\\.yaml$")) then "dev" else "runtime" end), locked}]
         | group_by(.variant) | reverse[] | "- \(.[0].variant): \(map(select(.locked)) | length) of \(length) lock"' "$work/result.json"
  echo "- $(grep -c $'\tbuilds' "$work/built.tsv") of the $(wc -l <"$work/built.tsv") that lock and have no \`builds\` build"
  echo
  echo 'What keeps the others from being locked, most frequent first (a definition may lack several):'
  echo
  jq -r '[.definitions[] | select(.locked | not) | .error | sub("^cannot lock '\''[^'\'']*'\'': "; "") | split("; ")[] | capture("^(?<kind>[^:]*): (?<names>.*)$") as $part
          | $part.names | gsub(" \\([^)]*\\)"; "") | split(", ")[] | "\($part.kind): \(.)"] | group_by(.) | map({what: .[0], count: length}) | sort_by(-.count)[:15][]
         | "- \(.what) (\(.count))"' "$work/result.json"
  echo
  echo '| definition | locks | what is in it, or what is missing |'
  echo '|---|---|---|'
  jq -r --rawfile built "$work/built.tsv" '($built | split("\n") | map(split("\t") | select(length == 2) | {key: .[0], value: .[1]}) | from_entries) as $made
         | .definitions[] | [(.definition | sub("^image/"; "") | sub("\\.yaml$"; "")), (if .locked then "yes" else "no" end),
           (if .locked then "\(.packages) packages; " + ($made[.definition] // ([.notes[] | capture("^(?<what>.*) is not built by ashlar yet") | .what] | "not built yet: " + join(", ")))
            else (.error | sub("^cannot lock '\''[^'\'']*'\'': "; "")) end | gsub("\\|"; "\\|"))] | "| \(join(" | ")) |"' "$work/result.json"
} | sed -E "s#'[a-z0-9.-]+\.(com|dev|io|net|org)/#'#g" > "$out"  # addresses are configuration, never part of a document
echo "dhi-table: wrote $out" >&2
