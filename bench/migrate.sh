#!/usr/bin/env bash
# How long `ashlar migrate` takes for a Dockerfile, beside dfc on the same files in turn; the table goes to standard output.
#   bench/migrate.sh [--build FOLDER] [--repeat N] [--files FOLDER]
# FOLDER is a release build with benchmarks (build/release); files are the shapes of tests/data/workload/migrate. dfc takes one file a call; ours one, or all of a
# repository (--check). DFC names dfc (scripts/install-go-tools.sh dfc); without it, ours alone. A round is all files once; what is written goes to /dev/null.
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
build=$here/build/release repeat=7 files=$here/tests/data/workload/migrate
while [[ ${1-} == --* ]]; do case $1 in
  --build) build=$2; shift 2 ;; --repeat) repeat=$2; shift 2 ;; --files) files=$2; shift 2 ;;
  *) sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac; done
take_programs "$build"
dfc=${DFC:-$HOME/go/bin/dfc}
mapfile -t all < <(find "$files" -name Dockerfile | sort)
((${#all[@]})) || { echo "$script: there is no Dockerfile below '$files'" >&2; exit 2; }

# each.sh PROGRAM ARGUMENT... -- FILE...: one process a file; 0 to 2 are answers of a file, more is a failure.
cat > "$work/each.sh" <<'INNER'
program=()
while [[ $1 != -- ]]; do program+=("$1"); shift; done
shift
for file; do
  code=0
  "${program[@]}" "$file" >/dev/null 2>&1 || code=$?
  ((code <= 2)) || { echo "'${program[*]} $file' failed with $code" >&2; exit 1; }
done
INNER
round() { "$measure" bash "$work/each.sh" "${@:2}" -- "${all[@]}" 3>>"$1" >/dev/null; }
at_once() { "$measure" "$ashlar" migrate --check --quiet "${all[@]}" 3>>"$1" >/dev/null || (($? <= 2)); }

rm -f "$work"/migrate.*.rounds
for ((turn = 0; turn <= repeat; ++turn)); do
  round "$work/migrate.ashlar.rounds" "$ashlar" migrate --quiet
  at_once "$work/migrate.once.rounds"
  [[ ! -x $dfc ]] || round "$work/migrate.dfc.rounds" "$dfc"
  # The first fills caches of the system.
  if ((turn == 0)); then rm -f "$work"/migrate.*.rounds; fi
done

say_machine
echo
echo "| ${#all[@]} Dockerfiles | a file, wall | a file, processor | peak memory |"
echo '|---|---|---|---|'
tell() {
  [[ ! -s $1 ]] || awk -v words="$2" -v wall="$(median "$1" wall)" -v cpu="$(median "$1" cpu)" -v peak="$(peak "$1")" -v count="${#all[@]}" 'BEGIN {printf "| %s | %.2f ms | %.2f ms | %s MB |\n", words, wall / count * 1000, cpu / count * 1000, peak}'
}
tell "$work/migrate.once.rounds" 'ashlar migrate --check, all in one call'
tell "$work/migrate.ashlar.rounds" 'ashlar migrate, a call a file'
tell "$work/migrate.dfc.rounds" 'dfc, a call a file'
echo
if [[ -s $work/migrate.dfc.rounds ]]; then
  for field in wall cpu; do
    awk -v field=$field -v a="$(median "$work/migrate.once.rounds" $field)" -v b="$(median "$work/migrate.ashlar.rounds" $field)" -v c="$(median "$work/migrate.dfc.rounds" $field)" \
      'BEGIN {printf "dfc takes %.1f times the %s time of one call for all, %.2f times that of a call a file.\n", c / a, field, c / b}'
  done
else
  echo "dfc is not there: $dfc"
fi
