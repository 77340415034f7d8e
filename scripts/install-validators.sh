#!/usr/bin/env bash
# Installs the validators of SBOMs (spdx-tools, cyclonedx-python-lib, ntia-conformance-checker) into a virtual environment of the build folder, where
# tests and validate-sboms.sh look for them, and prints its place. Where that cannot be done, says why on standard error and exits with 3.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
folder=$(build_root)/sbom-validators
wanted=(spdx-tools==0.8.5 'cyclonedx-python-lib[json-validation]==11.12.0' ntia-conformance-checker==6.0.0)
if [[ $(cat "$folder/installed" 2>/dev/null) == "${wanted[*]}" ]]; then echo "$folder"; exit 0; fi
lack() { say "$script: SBOMs are not validated: $1"; exit 3; }
command -v python3 >/dev/null || lack "this machine has no python3"
step "install ${wanted[*]} into $folder"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || lack "python3 cannot make a virtual environment (package python3-venv)"
timeout 600 "$folder/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}" >&2 || lack "pip cannot install them from here"
echo "${wanted[*]}" > "$folder/installed"
echo "$folder"
