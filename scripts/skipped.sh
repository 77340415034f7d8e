#!/usr/bin/env bash
# Says which tests were skipped, and why. With ASHLAR_CI=1 those that may not be, by tests/skips-allowed.txt, are an error.
#   scripts/skipped.sh LOG [ALLOWED]     LOG: what the tests printed, as ctest keeps it in Testing/Temporary/LastTest.log
set -euo pipefail
source "$(dirname "$0")/machine.sh"
(($# == 1 || $# == 2)) || { sed -n '3s/^# \{0,1\}//p' "$0" >&2; exit 2; }
log=$1 allowed=${2:-$top/tests/skips-allowed.txt}
[[ -f $log ]] || die "there is no log '$log': no test was run"
# Of a skipped test GoogleTest prints the place, the reason, and its name with the time it took. (A whole room is one test of ctest, which passes.)
# A script prints its name and the reason.
skipped=$(awk '
  /:[0-9]+: Skipped$/ {on = 1; reason = ""; next}
  /^\[  SKIPPED \] [^ ]+ \([0-9]+ ms\)$/ {sub(/ +$/, "", reason); print $4 "\t" (reason == "" ? "no reason is given" : reason); on = 0; reason = ""; next}
  /^\[ RUN / {on = 0; reason = ""}
  /^[0-9]+\/[0-9]+ Test: / {test = $3}
  /^[a-z-]+: skipped: / {print test "\t" substr($0, index($0, ": skipped: ") + 11)}
  /YOU HAVE [0-9]+ DISABLED TEST/ {print test "\tit has tests that are disabled"}
  on && NF {reason = reason $0 " "}
' "$log" | sort -u)
if [[ -z $skipped ]]; then
  say "$script: no test was skipped"
  exit 0
fi
bad=0
step "$(wc -l <<<"$skipped") tests were skipped"
while IFS=$'\t' read -r name reason; do
  may=''
  while IFS='|' read -r pattern words why; do
    pattern=${pattern//[[:space:]]/} words=$(sed 's/^ *//; s/ *$//' <<<"$words") why=${why# }
    [[ -n $pattern && $pattern != '#'* ]] || continue
    # shellcheck disable=SC2053  # the name is a pattern
    if [[ $name == $pattern && $reason == *"$words"* ]]; then may=$why; fi
  done < "$allowed"
  if [[ -n $may ]]; then
    say "  allowed  $name: $reason"
    say "           $may"
  else
    say "  skipped  $name: ${reason:0:400}"
    bad=$((bad + 1))
  fi
done <<<"$skipped"
if ((bad)) && [[ -n ${ASHLAR_CI-} ]]; then exit 1; fi
