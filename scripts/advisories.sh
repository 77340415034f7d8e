#!/usr/bin/env bash
# A small advisory database from the published data beside this tree (../shared/data/advisories), for trying a scan without the network.
#   scripts/advisories.sh --ashlar PROGRAM FOLDER        FOLDER is then used as XDG_DATA_HOME
# Without that data it says so and makes nothing. On a connected machine `ashlar feed update` fetches all feeds from their publishers instead.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
ashlar=$(build_root)/release/ashlar target=
while (($#)); do case $1 in
  --ashlar) ashlar=$(realpath "$2"); shift 2 ;;
  -*) sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  *) target=$1; shift ;; esac; done
if [[ -z $target ]]; then sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2; fi
data=$(realpath -m "$top/../shared/data/advisories")
if [[ ! -d $data ]]; then
  say "$script: no database is made, for this tree has no data beside it ('../shared/data/advisories'); \`ashlar feed update\` fetches the publishers' own"
  exit 0
fi
[[ -x $ashlar ]] || die "there is no program '$ashlar'; name it with --ashlar"
mkdir -p "$target"
# Each feed, the file it is made from, and what that is in words.
feeds=(
  "debian-tracker|debian-tracker-derived.json.zst|derived from the changelogs of Debian's packages, in the form of its tracker: no statement of Debian's"
  "debian-dsa|debian-dsa-list-2023-04.zst|Debian's list of security advisories, state of April 2023"
  "dhi|dhi-osv-vex.tar.zst|Docker Hardened Images, OSV records"
  "go|go-osv.tar.zst|the Go vulnerability database, OSV records"
  "wolfi|wolfi.tar.zst|Wolfi's advisories"
  "kev|kev.json.zst|CISA's catalogue of exploited vulnerabilities, state of August 2025"
)
wishes=()
for row in "${feeds[@]}"; do
  IFS='|' read -r name file words <<<"$row"
  if [[ ! -f $data/$file ]]; then say "  $name: left out, '$file' is not there"; continue; fi
  wishes+=("$name=$data/$file")
  say "  $name: $words"
done
((${#wishes[@]})) || die "none of the feeds is in '$data'"
export ASHLAR_DATA_DIR=$top XDG_DATA_HOME=$target
"$ashlar" feed update "${wishes[@]}" --quiet >/dev/null
say "  Old data, to show how a scan works. What it finds, and what it does not, says nothing of today's packages."
