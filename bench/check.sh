#!/usr/bin/env bash
# How long `ashlar check` takes for 1,000 Dockerfiles, beside hadolint in turn on the same files; the table goes to standard output.
#   bench/check.sh [--build FOLDER] [--repeat N] [--count N]
# FOLDER is a release build with benchmarks (build/release). HADOLINT names the peer; without it that of PATH.
# The files are made of the shapes of tests/data/workload/dockerfiles that hadolint reads, too: each
# a copy of one of them with its number in a comment, a label and the tags of its images, so that no two are the same. Both get all names in one call and write JSON; what
# they find is thrown away. `one at a time`: a process for each of 100 of them, as a hook before a commit does. Ours reads them beside each other on all processors, hadolint
# on one; `on one processor` holds ours to one (taskset).
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
build=$here/build/release repeat=5 count=1000
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --count) count=$2; shift 2 ;;
  *) sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
take_programs "$build"
hadolint=${HADOLINT:-hadolint}
command -v "$hadolint" >/dev/null || { echo "$script: there is no '$hadolint'; HADOLINT names it" >&2; exit 2; }
work=$work/check
rm -rf "$work"
mkdir -p "$work/files"

shapes=()
for file in "$here"/tests/data/workload/dockerfiles/*; do
  [[ $file != *.read && $file != *.checked ]] || continue
  # What hadolint cannot read it is done with at once.
  if "$hadolint" --no-fail -f json "$file" 2>/dev/null | jq -e 'all(.[]; .code != "DL1000")' >/dev/null; then shapes+=("$file"); fi
done
for ((number = 0; number < count; ++number)); do
  shape=${shapes[number % ${#shapes[@]}]}
  mkdir -p "$work/files/$number"
  # Directives must stay before comments, and what has a variable in its tag keeps it.
  sed -E "s/^(FROM( --platform=[^ ]+)? [a-z][a-z0-9./-]*:[0-9]+)([.0-9]*)/\1.$number/; \$a\\
LABEL org.opencontainers.image.revision=\"$number\"\\
# $number" "$shape" > "$work/files/$number/Dockerfile"
done
mapfile -t files < <(find "$work/files" -name Dockerfile | sort)

# timed FILE COMMAND...: a measured run, its line added to FILE; 0 to 3 are answers.
timed() {
  local file=$1 code=0
  shift
  "$measure" "$@" 3>>"$file" >/dev/null 2>"$work/errors" || code=$?
  ((code <= 1)) || { cat "$work/errors" >&2; echo "$script: '$*' failed with $code" >&2; exit 1; }
}
tell() { printf '| %s | %.3f s | %.3f s | %s MB |\n' "$2" "$(median "$1" wall)" "$(median "$1" cpu)" "$(peak "$1")"; }
cat > "$work/each" <<'END'
#!/usr/bin/env bash
# Runs a command once for each file.
command=("${@:1:$1 + 1}")
for file in "${@:$1 + 2}"; do "${command[@]:1}" "$file" || true; done
END
chmod +x "$work/each"

cd "$work"  # no policy.yaml is there
for ((round = 0; round < repeat; ++round)); do
  timed ours.rounds "$ashlar" check --format json --quiet "${files[@]}"
  timed one.rounds taskset -c 0 "$ashlar" check --format json --quiet "${files[@]}"
  timed peer.rounds "$hadolint" -f json "${files[@]}"
  timed ours-each.rounds ./each 5 "$ashlar" check --format json --quiet "${files[@]:0:100}"
  timed peer-each.rounds ./each 3 "$hadolint" -f json "${files[@]:0:100}"
done

say_machine
echo
echo "$("$hadolint" --version). $count Dockerfiles of ${#shapes[@]} shapes, $(cat "${files[@]}" | wc -l) lines; ours found $("$ashlar" check --format json --quiet "${files[@]}" | jq '[.files[].findings[]] | length'), hadolint $("$hadolint" --no-fail -f json "${files[@]}" | jq length)."
echo
echo '| | wall | processor time | peak memory |'
echo '|---|---|---|---|'
tell ours.rounds 'ashlar check'
tell one.rounds 'ashlar check, on one processor'
tell peer.rounds 'hadolint'
tell ours-each.rounds 'ashlar check, one at a time, 100 files'
tell peer-each.rounds 'hadolint, one at a time, 100 files'
echo
# ratio OURS THEIRS WORDS
ratio() { awk -v words="$3" -v a="$(median "$1" wall)" -v b="$(median "$2" wall)" -v c="$(median "$1" cpu)" -v d="$(median "$2" cpu)" 'BEGIN {printf "%s: %.1f times less wall time, %.1f times less processor time.\n", words, b / a, d / c}'; }
ratio ours.rounds peer.rounds 'All at once'
ratio one.rounds peer.rounds 'On one processor'
ratio ours-each.rounds peer-each.rounds 'One at a time'
