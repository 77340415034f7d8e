#!/usr/bin/env bash
# How many verdicts on prepared images a policy gives in a second of one core; the table goes to standard output.
#   bench/policy.sh [--build FOLDER] [--repeat N] [POLICY...]
# FOLDER is a release build with benchmarks (build/release), N 5 rounds of a second each, POLICY policies/control.yaml. `judged`: the verdict with all its reasons;
# `written`: the same as JSON.
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
repeat=5 build=$here/build/release
take_arguments 3,5 "$@"
(("${#rest[@]}")) || rest=("$here/policies/control.yaml")
build=$(realpath "$build")
program=$build/bench/policy
[[ -x $program ]] || { echo "$script: there is no program '$program'" >&2; exit 2; }
work=$build/bench/work/policy
rm -rf "$work" && mkdir -p "$work"
say_machine
echo
echo '| policy | findings an image | judged a second | written a second |'
echo '|---|---|---|---|'
for policy in "${rest[@]}"; do
  for findings in 0 50 500; do
    file=$work/$(basename "$policy").$findings
    for ((round = 0; round < repeat; round++)); do "$program" "$policy" "$findings" 1 >>"$file"; done
    printf '| %s | %s | %.0f | %.0f |\n' "$(basename "$policy")" "$findings" "$(median "$file" verdicts_per_second)" "$(median "$file" written_per_second)"
  done
done
