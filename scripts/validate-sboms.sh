#!/usr/bin/env bash
# Describes every image of the catalogue in both forms and has other people's validators judge them; exit code 1 when one finds an error.
#   scripts/validate-sboms.sh [DEFINITION...]   (default: every definition of the catalogue)
# ASHLAR names the program (default: the release build), PLATFORM the platform (default: this machine's).
set -euo pipefail
source "$(dirname "$0")/machine.sh"
source "$(dirname "$0")/catalogue.sh"
validators=$("$top/scripts/install-validators.sh")
case $(uname -m) in aarch64) ours=linux/arm64 ;; *) ours=linux/amd64 ;; esac
platform=${PLATFORM:-$ours}
take_catalogue "$@"
failed=0
for definition in "${definitions[@]}"; do
  name=$(name_of "$definition")
  build_image "$definition" "$platform" "oci:out:$name" || { failed=1; continue; }
  "$ashlar" sbom "oci:out:$name" --format spdx-json --output "$name.spdx.json"
  "$ashlar" sbom "oci:out:$name" --format cyclonedx-json --output "$name.cdx.json"
  "$ashlar" sbom "$definition" --platform "$platform" --format spdx-json --output "$name.lock.spdx.json"
  "$ashlar" sbom "$definition" --platform "$platform" --format cyclonedx-json --output "$name.lock.cdx.json"
  "$validators/bin/python" "$top/scripts/validate_sbom.py" "$name"{,.lock}.{spdx,cdx}.json || failed=1
  rm -rf out
done
exit $failed
