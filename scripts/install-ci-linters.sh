#!/usr/bin/env bash
# Installs what judges files of CI systems: check-jsonschema, with the schemas of GitHub's and GitLab's files in it, into a virtual environment of the build
# folder, whose place it prints; and actionlint (scripts/install-go-tools.sh). Where the first cannot be had, says why on standard error and exits with 3.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
folder=$(build_root)/ci-linters
wanted=check-jsonschema==0.39.0
"$top/scripts/install-go-tools.sh" actionlint >&2
if [[ $(cat "$folder/installed" 2>/dev/null) == "$wanted" ]]; then echo "$folder"; exit 0; fi
lack() { say "$script: GitLab's files are not judged: $1"; exit 3; }
command -v python3 >/dev/null || lack "this machine has no python3"
step "install $wanted into $folder"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || lack "python3 cannot make a virtual environment (package python3-venv)"
timeout 600 "$folder/bin/pip" install --quiet --disable-pip-version-check "$wanted" >&2 || lack "pip cannot install it from here"
echo "$wanted" > "$folder/installed"
echo "$folder"
