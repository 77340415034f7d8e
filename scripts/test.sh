#!/usr/bin/env bash
# Installs what lacks, builds everything with warnings as errors, and runs every test. Arguments go to ctest (`-R oci`, `-L habits`).
set -euo pipefail
source "$(dirname "$0")/machine.sh"
"$top/scripts/install-needs.sh" test
folder=$(build_root)/dev
build_preset dev "$folder"
"$top/scripts/install-validators.sh" >/dev/null || true  # it says why; tests that need them are skipped
step "run the tests"
# The programs that tests compare with lie here on Debian, and an ordinary user's PATH may lack it.
export PATH=$PATH:/usr/sbin:/sbin
ctest --test-dir "$folder" --output-on-failure --parallel "$(jobs)" "$@"
