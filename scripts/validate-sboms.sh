#!/usr/bin/env bash
# Describes every image of the catalogue in both forms and has other people's validators judge them; exit code 1 when one finds an error.
#   scripts/validate-sboms.sh [DEFINITION...]   (default: every definition of the catalogue)
# ASHLAR names the program (default: the release build), PLATFORM the platform (default: this machine's).
set -euo pipefail
source "$(dirname "$0")/machine.sh"
validators=$("$top/scripts/install-validators.sh")
ashlar=${ASHLAR:-$(build_root)/release/ashlar}
[[ -x $ashlar ]] || die "there is no '$ashlar'; build it, or name another with ASHLAR"
case $(uname -m) in aarch64) ours=linux/arm64 ;; *) ours=linux/amd64 ;; esac
platform=${PLATFORM:-$ours}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$top/catalog" "$folder/catalog"
cd "$folder"
definitions=("$@")
if ((${#definitions[@]} == 0)); then mapfile -t definitions < <(find catalog -name '*.yaml' ! -name info.yaml | sort); fi
failed=0
for definition in "${definitions[@]}"; do
  name=$(basename "$(dirname "$definition")")-$(basename "$definition" .yaml)
  if ! "$ashlar" build "$definition" --platform "$platform" -o "oci:out:$name" --quiet >/dev/null 2>"$name.log"; then
    say "$script: $name is not built: $(grep -m 1 '^error' "$name.log")"
    failed=1
    continue
  fi
  "$ashlar" sbom "oci:out:$name" --format spdx-json --output "$name.spdx.json"
  "$ashlar" sbom "oci:out:$name" --format cyclonedx-json --output "$name.cdx.json"
  "$ashlar" sbom "$definition" --platform "$platform" --format spdx-json --output "$name.lock.spdx.json"
  "$ashlar" sbom "$definition" --platform "$platform" --format cyclonedx-json --output "$name.lock.cdx.json"
  "$validators/bin/python" "$top/scripts/validate_sbom.py" "$name"{,.lock}.{spdx,cdx}.json || failed=1
  rm -rf out
done
exit $failed
