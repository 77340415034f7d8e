#!/usr/bin/env bash
# Installs what judges files of CI systems: check-jsonschema, with the schemas of GitHub's, GitLab's and Azure's files in it, into a virtual environment of the
# build folder, whose place it prints; there, too, schemas of Tekton's tasks, of Gatekeeper's templates and of policy-controller's policies, of what their Go modules
# have; and actionlint (scripts/install-go-tools.sh). Where the first cannot be had, says why on standard error and exits with 3.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
folder=$(build_root)/ci-linters
wanted=check-jsonschema==0.39.0
"$top/scripts/install-go-tools.sh" actionlint >&2
tekton=github.com/tektoncd/pipeline@v1.6.0 gatekeeper=github.com/open-policy-agent/gatekeeper/v3@v3.20.1 controller=github.com/sigstore/policy-controller@v0.13.0
lack() { say "$script: GitLab's and Azure's files are not judged: $1"; exit 3; }
# module MODULE@VERSION: where Go has it.
module() (
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  echo "module none" > go.mod
  GOFLAGS=-mod=mod timeout 300 go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
)
# schema_of NAME PROGRAM MODULE@VERSION FILE ARGUMENT...: FILE of a module as a JSON Schema.
schema_of() {
  local folder_of name=$1 program=$2
  folder_of=$(module "$3") && [[ -n $folder_of ]] && "$folder/bin/python" "$top/scripts/$program" "$folder_of/$4" "${@:5}" > "$folder/$name.new" && mv "$folder/$name.new" "$folder/$name.schema.json"
}
schemas() {
  command -v go >/dev/null && schema_of tekton tekton_schema.py "$tekton" pkg/apis/pipeline/v1/swagger.json &&
    schema_of constrainttemplate crd_schema.py "$gatekeeper" charts/gatekeeper/crds/constrainttemplate-customresourcedefinition.yaml v1 &&
    schema_of clusterimagepolicy crd_schema.py "$controller" config/300-clusterimagepolicy.yaml v1beta1
}
noted="$tekton $gatekeeper $controller"
if python_with "$folder" "$wanted"; then
  schemas >&2 || say "$script: files of Tekton, Gatekeeper and policy-controller are not judged: Go is missing or cannot get their modules from here"
  echo "$wanted $noted" > "$folder/installed"
fi
echo "$folder"
