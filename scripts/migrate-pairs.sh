#!/usr/bin/env bash
# Tries `ashlar migrate` on pairs of Dockerfiles before and after a move to hardened images, as other tools publish them, and prints a table in Markdown.
#   scripts/migrate-pairs.sh FOLDER [--ashlar PROGRAM] [--keep FOLDER]
# FOLDER has NAME.before.Dockerfile with NAME.after.Dockerfile, or NAME/before/Dockerfile with NAME/after/Dockerfile and beside them what is built from; a line
# in NAME/source is shown. Of the file before it says what became of it, how many points are open, and why it was refused; whether what came out is unchanged
# a second time; and against what comes of the file after: the same base, and the same program started, as both stand when migrated. --keep leaves results.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
usage() { sed -n '3,6s/^# \{0,1\}//p' "$0"; }
ashlar=$(build_root)/release/ashlar pairs= kept=
while (($#)); do case $1 in
  --ashlar) ashlar=$(realpath "$2"); shift 2 ;; --keep) kept=$2; shift 2 ;; --help | -h) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;; *) pairs=$1; shift ;; esac; done
[[ -d $pairs ]] || { usage >&2; exit 2; }
[[ -x $ashlar ]] || die "there is no program '$ashlar'; name one with --ashlar"
export ASHLAR_DATA_DIR=$top
work=$(mktemp -d "${TMPDIR:-/tmp}/ashlar-pairs.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [[ -n $kept ]]; then mkdir -p "$kept"; fi

# migrated FILE NAME SIDE: the exit code; the file and its report below $work.
migrated() {
  local code=0
  "$ashlar" migrate "$1" --bases pairs.example --write "$work/$2.$3.Dockerfile" --format json --output "$work/$2.$3.json" >/dev/null 2>"$work/$2.$3.said" || code=$?
  echo "$code"
}
# Of a result: the repository of its last base; and the words that it starts.
base() { sed -n 's#^FROM .*pairs\.example/\([a-z0-9-]*\):.*#\1#Ip' "$1" | tail -n 1; }
started() { grep -E '^(ENTRYPOINT|CMD) ' "$1" | tail -n 2 | tr -s ' ' | sed 's/\[ /[/; s/ \]/]/; s/ *$//' || true; }
agree() { if [[ ! -f $work/$1.after.Dockerfile ]]; then echo -; elif [[ $("$2" "$work/$1.before.Dockerfile") == "$("$2" "$work/$1.after.Dockerfile")" ]]; then echo yes; else echo no; fi; }

mapfile -t names < <(cd "$pairs" && { for each in *.before.Dockerfile; do [[ ! -f $each ]] || printf '%s\n' "${each%.before.Dockerfile}"; done; for each in */before/Dockerfile; do [[ ! -f $each ]] || printf '%s\n' "${each%/before/Dockerfile}"; done; })
((${#names[@]})) || die "there is no pair in '$pairs'"
declare -A count=()
printf '| pair | from | becomes | open | again | base | starts | after becomes | why not |\n|---|---|---|---|---|---|---|---|---|\n'
for name in "${names[@]}"; do
  before=$pairs/$name.before.Dockerfile after=$pairs/$name.after.Dockerfile from=-
  if [[ ! -f $before ]]; then before=$pairs/$name/before/Dockerfile after=$pairs/$name/after/Dockerfile; fi
  if [[ -f $pairs/$name/source ]]; then read -r from _ < "$pairs/$name/source"; fi
  code=$(migrated "$before" "$name" before) becomes=refused open=- again=- same_base=- same_start=- other=- why=
  if [[ -f $work/$name.before.Dockerfile ]]; then
    becomes=converted open=$(jq '.breaks | length' "$work/$name.before.json") again=yes
    "$ashlar" migrate "$work/$name.before.Dockerfile" --context "$(dirname "$before")" --bases pairs.example --check >/dev/null 2>&1 || again=no
  elif ((code <= 1)); then
    becomes=unchanged
  else
    why=$(jq -r '.refusals[0] | "\(.what): \(.why)"' "$work/$name.before.json" 2>/dev/null | cut -c1-160) || why='it cannot be read'
  fi
  if [[ -f $after ]]; then
    code=$(migrated "$after" "$name" after)
    if [[ -f $work/$name.after.Dockerfile ]]; then other=converted; elif ((code <= 1)); then other=unchanged; else other=refused; fi
    if [[ $becomes == converted ]]; then same_base=$(agree "$name" base) same_start=$(agree "$name" started); fi
  fi
  printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$name" "${from/+//}" "$becomes" "$open" "$again" "$same_base" "$same_start" "$other" "${why//|/\\|}"
  for each in "$becomes" "after-$other" "again-$again" "base-$same_base" "starts-$same_start"; do count[$each]=$((${count[$each]:-0} + 1)); done
  if [[ $open == 0 ]]; then count[closed]=$((${count[closed]:-0} + 1)); fi
  if [[ -n $kept ]]; then cp "$work/$name".* "$kept/"; fi
done
printf '\n%s pairs: %s converted (%s with nothing open), %s refused; changed a second time: %s. Of the files after: %s converted, %s refused. Base as after: %s of %s; starts as after: %s of %s.\n' \
  "${#names[@]}" "${count[converted]:-0}" "${count[closed]:-0}" "${count[refused]:-0}" "${count[again-no]:-0}" "${count[after-converted]:-0}" "${count[after-refused]:-0}" \
  "${count[base-yes]:-0}" "$((${count[base-yes]:-0} + ${count[base-no]:-0}))" "${count[starts-yes]:-0}" "$((${count[starts-yes]:-0} + ${count[starts-no]:-0}))"
