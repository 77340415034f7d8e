#!/usr/bin/env bash
# Tries `ashlar migrate` on pairs of Dockerfiles before and after a move to hardened images, as other tools publish them, and prints a table in Markdown.
#   scripts/migrate-pairs.sh FOLDER [--ashlar PROGRAM] [--dfc PROGRAM] [--keep FOLDER]
# FOLDER has NAME.before.Dockerfile with NAME.after.Dockerfile, or NAME/before/Dockerfile with NAME/after/Dockerfile and beside them what is built from; a line
# in NAME/source is shown. Of the file before it says what became of it, how many points are open, and why it was refused; whether what came out is unchanged
# a second time; and against what comes of the file after: the same base, and the same program started, as both stand when migrated. --keep leaves results.
# --dfc names dfc (scripts/install-go-tools.sh dfc), tried on the same files: whether the base that it ends on is another one then, and the same a second time.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
usage() { sed -n '3,7s/^# \{0,1\}//p' "$0"; }
ashlar=$(build_root)/release/ashlar pairs= kept= dfc=
while (($#)); do case $1 in
  --ashlar) ashlar=$(realpath "$2"); shift 2 ;; --dfc) dfc=$(realpath "$2"); shift 2 ;; --keep) kept=$2; shift 2 ;; --help | -h) usage; exit 0 ;;
  -*) usage >&2; exit 2 ;; *) pairs=$1; shift ;; esac; done
[[ -d $pairs ]] || { usage >&2; exit 2; }
[[ -x $ashlar ]] || die "there is no program '$ashlar'; name one with --ashlar"
[[ -z $dfc || -x $dfc ]] || die "there is no program '$dfc'"
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

# What dfc makes of a file: `converted`, where its last base is another one; `left`; or `failed`. Behind it whether a second time changes something.
# The image that the last stage stands on, through stages that it is from.
last_image() {
  awk 'toupper($1) == "FROM" {at = 2; while ($at ~ /^--/) ++at; image = $at; name = tolower(image); if (name in of) image = of[name]; if (toupper($(at + 1)) == "AS") of[tolower($(at + 2))] = image} END {print image}' "$1"
}
by_dfc() {
  local out=$work/$2.dfc.Dockerfile
  if ! XDG_CACHE_HOME=$work/cache "$dfc" --org pairs "$1" >"$out" 2>"$out.said"; then echo 'failed -'; return; fi
  local again=yes
  XDG_CACHE_HOME=$work/cache "$dfc" --org pairs "$out" >"$out.again" 2>/dev/null && cmp -s "$out" "$out.again" || again=no
  if [[ $(last_image "$out") == "$(last_image "$1")" ]]; then echo "left $again"; else echo "converted $again"; fi
}

mapfile -t names < <(cd "$pairs" && { for each in *.before.Dockerfile; do [[ ! -f $each ]] || printf '%s\n' "${each%.before.Dockerfile}"; done; for each in */before/Dockerfile; do [[ ! -f $each ]] || printf '%s\n' "${each%/before/Dockerfile}"; done; })
((${#names[@]})) || die "there is no pair in '$pairs'"
declare -A count=()
printf '| pair | from | becomes | open | again | base | starts | after becomes |%s why not |\n|---|---|---|---|---|---|---|---|%s---|\n' "${dfc:+ dfc | again |}" "${dfc:+---|---|}"
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
  peer=
  if [[ -n $dfc ]]; then
    read -r theirs theirs_again < <(by_dfc "$before" "$name")
    peer=" $theirs | $theirs_again |" count[dfc-$theirs]=$((${count[dfc-$theirs]:-0} + 1)) count[dfc-again-$theirs_again]=$((${count[dfc-again-$theirs_again]:-0} + 1))
    count[both-$becomes-$theirs]=$((${count[both-$becomes-$theirs]:-0} + 1))
  fi
  printf '| %s | %s | %s | %s | %s | %s | %s | %s |%s %s |\n' "$name" "${from/+//}" "$becomes" "$open" "$again" "$same_base" "$same_start" "$other" "$peer" "${why//|/\\|}"
  for each in "$becomes" "after-$other" "again-$again" "base-$same_base" "starts-$same_start"; do count[$each]=$((${count[$each]:-0} + 1)); done
  if [[ $open == 0 ]]; then count[closed]=$((${count[closed]:-0} + 1)); fi
  if [[ -n $kept ]]; then cp "$work/$name".* "$kept/"; fi
done
printf '\n%s pairs: %s converted (%s with nothing open), %s refused; changed a second time: %s. Of the files after: %s converted, %s refused. Base as after: %s of %s; starts as after: %s of %s.\n' \
  "${#names[@]}" "${count[converted]:-0}" "${count[closed]:-0}" "${count[refused]:-0}" "${count[again-no]:-0}" "${count[after-converted]:-0}" "${count[after-refused]:-0}" \
  "${count[base-yes]:-0}" "$((${count[base-yes]:-0} + ${count[base-no]:-0}))" "${count[starts-yes]:-0}" "$((${count[starts-yes]:-0} + ${count[starts-no]:-0}))"
if [[ -n $dfc ]]; then
  printf '\ndfc on the same files: %s converted, %s left on the base that they had, %s failed; changed a second time: %s. Converted by both: %s; by ours alone: %s; by dfc alone: %s.\n' "${count[dfc-converted]:-0}" "${count[dfc-left]:-0}" "${count[dfc-failed]:-0}" \
    "${count[dfc-again-no]:-0}" "${count[both-converted-converted]:-0}" "$((${count[both-converted-left]:-0} + ${count[both-converted-failed]:-0}))" "$((${count[both-refused-converted]:-0} + ${count[both-unchanged-converted]:-0}))"
fi
