#!/usr/bin/env bash
# Scans images and has other people's validators judge the reports as SARIF and CycloneDX; exit code 1 when one finds an error.
#   scripts/validate-reports.sh TARGET...   (as `ashlar scan` takes them)
# ASHLAR names the program (default: the release build), ASHLAR_DB the advisory database (default: the one that `ashlar feed` keeps).
set -euo pipefail
source "$(dirname "$0")/machine.sh"
(($#)) || { sed -n '3s/^# \{0,1\}//p' "$0" >&2; exit 2; }
ashlar=${ASHLAR:-$top/build/release/ashlar}
validators=$("$top/scripts/install-validators.sh")
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
[[ -e $validators/sarif-2.1.0.json ]] && forms=(sarif:sarif cyclonedx-json:cdx) || forms=(cyclonedx-json:cdx)
count=0 failed=0
for target in "$@"; do
  count=$((count + 1))
  for form in "${forms[@]}"; do
    code=0
    "$ashlar" scan "$target" ${ASHLAR_DB:+--db "$ASHLAR_DB"} --format "${form%:*}" --output "$reports/$count.${form#*:}.json" || code=$?
    ((code == 0 || code == 1 || code == 3)) || exit "$code"
    "$validators/bin/python" "$top/scripts/validate_sbom.py" "$reports/$count.${form#*:}.json" || failed=1
  done
done
exit $failed
