#!/usr/bin/env bash
# Installs what lacks, builds everything with warnings as errors, and runs every test. Arguments go to ctest (`-R oci`, `-L habits`).
# Says which tests were skipped and why. With ASHLAR_CI=1, as .ci/run sets it, one that tests/skips-allowed.txt does not name is an error.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
"$top/scripts/install-needs.sh" test
"$top/scripts/install-go-tools.sh"
folder=$(build_root)/dev
build_preset dev "$folder"
"$top/scripts/install-validators.sh" >/dev/null || [[ -z ${ASHLAR_CI-} ]] || die "without the validators of SBOMs their tests would be skipped"
"$top/scripts/install-ci-linters.sh" >/dev/null || [[ -z ${ASHLAR_CI-} ]] || die "without the linters of CI files their tests would be skipped"
# Bundles that Sigstore's projects publish to test verifiers with; where they cannot be had, their test is skipped, and says so.
export ASHLAR_SIGSTORE_CASES=${ASHLAR_SIGSTORE_CASES-$(build_root)/sigstore-conformance}
"$top/scripts/sigstore-conformance.sh" --cases || (($? == 77))
step "run the tests"
# The programs that tests compare with lie here on Debian and where Go's were built, and an ordinary user's PATH may lack them.
export PATH=$PATH:/usr/sbin:/sbin:${HOME:?}/go/bin
log=$folder/Testing/Temporary/LastTest.log summary=$folder/ctest-summary.txt
rm -f "$log" "$summary"
code=0
# ctest's summary is held back, so that it closes what is printed.
ctest --test-dir "$folder" --output-on-failure --parallel "$(jobs)" "$@" | {
  over=''  # line by line: awk of some releases keeps lines back until it has many
  while IFS= read -r line; do
    if [[ $line =~ ^[0-9]+%\ tests\ passed ]]; then over=1; fi
    if [[ -n $over ]]; then printf '%s\n' "$line" >>"$summary"; else printf '%s\n' "$line"; fi
  done
} || code=$?
skips=0
"$top/scripts/skipped.sh" "$log" || skips=$?
cat "$summary" 2>/dev/null || true
if ((skips)); then say "$script: tests were skipped that may not be (ASHLAR_CI is set); they are named above"; fi
exit $((code ? code : skips))
