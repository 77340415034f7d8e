#!/usr/bin/env bash
# Locks every debian-13 definition of Docker Hardened Images with the distribution's archives alone, and writes what came of it as a table.
#   scripts/dhi-table.sh [--definitions ARCHIVE] [--ashlar PROGRAM] [--out FILE]
# The definitions come from ../shared/data/dhi/image-definitions.tar.zst unless another archive is named, such as one of the catalogue itself, which
# also has the files that definitions take from it: `git archive HEAD image | zstd -o ARCHIVE` in a clone of it. Locks and images go to a temporary folder:
# those that lock and have no part that is not built yet are built, too, for the platform of this machine, and those with a program in them run under runc.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=../shared/data/dhi/image-definitions.tar.zst ashlar=build/release/ashlar out=docs/dhi-definitions.md
while (($#)); do case $1 in
  --definitions) archive=$2; shift 2 ;; --ashlar) ashlar=$2; shift 2 ;; --out) out=$2; shift 2 ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
[[ -x $ashlar ]] || { echo "dhi-table: there is no program '$ashlar'; build it with: cmake --preset release && cmake --build --preset release" >&2; exit 2; }
[[ -f $archive ]] || { echo "dhi-table: there is no archive '$archive'" >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
tar --zstd -C "$work" -xf "$archive"
commit=$(zstd -dcq "$archive" | git get-tar-commit-id 2>/dev/null || true)  # in archives that git made
mapfile -t definitions < <(cd "$work" && grep -lE '^# syntax=[^ ]*:2-debian13' -r image --include='*.yaml' | sort)
echo "dhi-table: ${#definitions[@]} definitions" >&2
program=$(realpath "$ashlar")
export ASHLAR_DATA_DIR=${ASHLAR_DATA_DIR:-$PWD}
(cd "$work" && "$program" lock --only-distribution --keep-going --format json --quiet --output result.json "${definitions[@]}") || true
[[ -s $work/result.json ]] || { echo "dhi-table: the archives could not be read" >&2; exit 1; }
# Nobody misspelt anything here.
jq '(.definitions[] | select(.error) | .error) |= (gsub(" \\(did you mean [^)]*\\)"; "") | gsub(", did you mean [^)]*"; ""))' "$work/result.json" >"$work/plain.json"
mv "$work/plain.json" "$work/result.json"

# Runs the image in out:now as scripts/run-image.sh does, with something to do that fits its kind, and says the first line of its answer. An image without
# any program gets one that is compiled for it.
try_run() {
  local kind image=$work/out:now arguments=() how=() library=()
  kind=$(cut -d/ -f2,4 <<<"$1")
  case $kind in
    bash/*) arguments=(/bin/bash -c 'echo "bash $BASH_VERSION counts to $((6 * 7))"') ;;
    curl/*) arguments=(--version) ;;
    debian-base/*) arguments=(/bin/bash -c '. /etc/os-release && echo "$PRETTY_NAME, Debian $(< /etc/debian_version)"') ;;
    git/*) arguments=(config --system filter.lfs.process) ;;
    static/*)
      [[ $kind == *glibc* ]] || library=(-static)
      echo '#include <stdio.h>
int main(void) { return puts("a program of ours says so") < 0; }' | gcc -x c -O1 "${library[@]}" -o "$work/program" - || return 1
      rm -rf "$work/with"
      skopeo copy -q "oci:$image" "oci:$work/with:now" && umoci insert --image "$work/with:now" "$work/program" /program || return 1
      image=$work/with:now arguments=(/program) ;;
    gitlab-shell/*)
      # Its entrypoint writes keys into a folder that is not declared as a volume: the server by itself.
      how=(--unpacked "$work/unpacked")
      rm -rf "$work/unpacked"
      scripts/run-image.sh "${how[@]}" "$image" 2>"$work/error" >&2 || true
      jq '.config.Entrypoint = []' "$work/unpacked/image-config.json" >"$work/without.json" && cp "$work/without.json" "$work/unpacked/image-config.json" || return 1
      arguments=(/srv/gitlab-shell/bin/gitlab-sshd -version) ;;
    *) return 1 ;;
  esac
  scripts/run-image.sh "${how[@]}" "$image" "${arguments[@]}" 2>"$work/error" | head -1 | sed -E 's/^(curl [0-9.]+).*/\1/'
}

# A line of `definition<TAB>what came of it` for each that is built.
mapfile -t whole < <(jq -r '.definitions[] | select(.locked and all(.notes[]; test("is not built by ashlar yet") | not)) | .definition' "$work/result.json")
echo "dhi-table: building ${#whole[@]} of them" >&2
for definition in "${whole[@]}"; do
  if built=$(cd "$work" && "$program" build --only-distribution --platform "linux/$(dpkg --print-architecture)" --format json --quiet "$definition" -o oci:out:now 2>"$work/error"); then
    if ran=$(try_run "$definition" </dev/null) && [[ -n $ran ]]; then ran="runs: $ran"; else ran='is not run here'; fi
    jq -r --arg definition "$definition" --arg ran "$ran" '"\($definition)\tbuilds, \((.image.size / 1e5 | round) / 10) MB packed; \($ran)"' <<<"$built"
  else
    printf '%s\t%s\n' "$definition" "does not build: $(sed -n "s/^error: cannot [^:]*: //p" "$work/error" | head -1)"
  fi
done >"$work/built.tsv"
{
  echo '# Definitions of Docker Hardened Images, locked with Debian alone'
  echo
  echo "Made by \`scripts/dhi-table.sh\` on $(date -u +%F): each debian-13 definition of the public catalogue${commit:+ (commit ${commit:0:12})}, unmodified, locked with \`--only-distribution\` for the platforms"
  echo 'that it names, linux/amd64 and linux/arm64 or the first alone. A definition locks when the archives have every package of the image and everything that its `builds` are made with; `builds` themselves are not'
  echo 'made yet, and such an image is refused by `ashlar build` until then. Two rules stand in for what the vendor rebuilds ([how](solver.md)): a pin to a `+dhi` rebuild'
  echo 'is met by Debian'"'"'s build of the same source, and `ca-certificates-bundle` by the certificates of `ca-certificates`.'
  echo
  jq -r '[.definitions[] | {variant: (if (.definition | test("-dev\\.yaml$")) then "dev" else "runtime" end), locked}]
         | group_by(.variant) | reverse[] | "- \(.[0].variant): \(map(select(.locked)) | length) of \(length) lock"' "$work/result.json"
  echo "- $(grep -c $'\tbuilds' "$work/built.tsv") of the $(wc -l <"$work/built.tsv") that lock and have no \`builds\` build, and $(grep -c '; runs: ' "$work/built.tsv") of these run under runc (read-only root, no capabilities):"
  sed -n "s#^image/\([^/]*\)/debian-13/\(.*\)\.yaml\t.*; runs: \(.*\)#  - \1 \2 says \`\3\`#p" "$work/built.tsv"
  echo
  echo 'What runtime definitions lack that need no package, toolchain or image of the vendor but what is named here. Each is a rule that `ashlar lock` does not bend:'
  echo
  jq -r 'def runtime: .definitions[] | select((.locked | not) and (.definition | test("-dev\\.yaml$") | not)) | .lacks = (.error | sub("^cannot lock '\''[^'\'']*'\'': "; ""));
         def names: map(.definition | sub("^image/"; "") | sub("/debian-13/"; " ") | sub("\\.yaml$"; "")) | if . == [] then "none" else join(", ") end;
         "- a pin to a version that Debian does not have, of a package that it has: " + ([runtime | select(.lacks | gsub(" \\([^)]*there is [^)]*\\)( on linux/[a-z0-9]+)?"; "@") | test("^not in the archives: [^ ,;@]+@(, [^ ,;@]+@)*$"))] | names),
         "- an image of another registry, named by its digest, whose files go in: " + ([runtime | select(.lacks | test("^artifact of another registry: '\''[a-z0-9./-]*static:[^,;]*$"))] | names),
         "- a file by URL without a checksum: " + ([runtime | select(.lacks | test("^file without a sha256 checksum: [^;]*$"))] | names)' "$work/result.json"
  echo
  echo 'What keeps the others from being locked, most frequent first (a definition may lack several):'
  echo
  jq -r '[.definitions[] | select(.locked | not) | .error | sub("^cannot lock '\''[^'\'']*'\'': "; "") | split("; ")[] | capture("^(?<kind>[^:]*): (?<names>.*)$") as $part
          | $part.names | gsub(" \\([^)]*\\)"; "") | gsub(" on linux/[^;]*$"; "") | split(", ")[] | "\($part.kind): \(.)"] | group_by(.) | map({what: .[0], count: length}) | sort_by(-.count)[:15][]
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
