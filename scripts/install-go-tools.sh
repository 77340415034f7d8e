#!/usr/bin/env bash
# Builds into ~/go/bin what tests compare with and Debian does not have: cosign, crane, oras, actionlint, syft, a registry with the API of referrers, made of go-containerregistry's
# parts, the admission plugin of an API server, made of Kubernetes', and Gatekeeper's own engine. Needs any Go; where it is older than the tools ask for, the toolchain is fetched as a module
# first. Says what it goes without.
#   scripts/install-go-tools.sh [cosign|crane|oras|actionlint|syft|registry|admission|gator|kyverno|dfc]...      by default all but gator and kyverno, which take long to build, and dfc, with which bench/migrate.sh and scripts/migrate-pairs.sh alone compare
set -euo pipefail
source "$(dirname "$0")/machine.sh"
bin=${HOME:?}/go/bin
toolchain=1.26.8 oldest=125  # Go 1.25, as 1 * 100 + 25
if (($# == 0)); then set -- registry admission cosign crane oras actionlint syft; fi

path_of() {
  case $1 in
    registry) echo "$bin/ashlar-referrers-registry" ;;
    admission) echo "$bin/ashlar-cluster-admission" ;;
    *) echo "$bin/$1" ;;
  esac
}
lacking=()
for tool in "$@"; do [[ -x $(path_of "$tool") ]] || lacking+=("$tool"); done
if ((${#lacking[@]} == 0)); then exit 0; fi

go_without() { say "$script: going on without ${lacking[*]}: $*"; exit 0; }
command -v go >/dev/null || go_without "this machine has no Go"
number_of() { local rest=${1#go}; echo $((${rest%%.*} * 100 + $(cut -d. -f2 <<<"$rest" | grep -o '^[0-9]*'))); }

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod
go=go
if (($(number_of "$(go env GOVERSION)") < oldest)); then
  step "fetch Go $toolchain, since this machine's is $(go env GOVERSION)"
  # A module like any other: also a Go that is too old to change toolchains by itself can download it.
  cd "$work"
  cat >go.mod <<<"module none"
  folder=$(timeout 600 go mod download -json "golang.org/toolchain@v0.0.1-go$toolchain.$(go env GOOS)-$(go env GOARCH)" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') || true
  if [[ -z $folder ]]; then go_without "Go $toolchain cannot be had from here"; fi
  go=$work/toolchain/bin/go
  cp -r "$folder" "$work/toolchain"  # modules come without the right to be executed
  chmod -R u+w,a+x "$work/toolchain/bin" "$work/toolchain/pkg/tool"
  export GOTOOLCHAIN=local GOROOT=$work/toolchain
fi

# build NAME MODULE@VERSION PACKAGE: in the module's own folder, whose go.mod says which versions it is made of.
build() {
  local folder
  cd "$work"
  folder=$("$go" mod download -json "$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [[ -n $folder ]] || return 1
  cp -r "$folder" "$work/$1"
  chmod -R u+w "$work/$1"
  cd "$work/$1"
  timeout 1500 "$go" build -trimpath -ldflags '-s -w' -o "$bin/$1.new" "$3" && mv "$bin/$1.new" "$bin/$1"
}
# build_own SOURCE NAME MODULE@VERSION...: a program of tests/flow.
build_own() {
  mkdir "$work/$2"
  cp "$top/tests/flow/$1" "$work/$2/main.go"
  cd "$work/$2"
  "$go" mod init "${1%.go}" && timeout 300 "$go" get "${@:3}" &&
    timeout 1500 "$go" build -ldflags "-s -w" -o "$bin/$2.new" . && mv "$bin/$2.new" "$bin/$2"
}

mkdir -p "$bin"
for tool in "${lacking[@]}"; do
  step "build $(path_of "$tool")"
  case $tool in
    registry) build_own referrers_registry.go ashlar-referrers-registry github.com/google/go-containerregistry@v0.20.7 ;;
    admission) build_own cluster_admission.go ashlar-cluster-admission k8s.io/{apiserver,client-go,api,apimachinery}@v0.36.1 ;;
    cosign) build cosign github.com/sigstore/cosign/v2@v2.6.5 ./cmd/cosign ;;
    crane) build crane github.com/google/go-containerregistry@v0.20.7 ./cmd/crane ;;
    actionlint) build actionlint github.com/rhysd/actionlint@v1.7.12 ./cmd/actionlint ;;
    syft) build syft github.com/anchore/syft@v1.57.1 ./cmd/syft ;;
    oras) build oras oras.land/oras@v1.3.0 ./cmd/oras ;;
    gator) build gator github.com/open-policy-agent/gatekeeper/v3@v3.23.1 ./cmd/gator ;;
    kyverno) build kyverno github.com/kyverno/kyverno@v1.15.2 ./cmd/cli/kubectl-kyverno ;;
    dfc) build dfc github.com/chainguard-dev/dfc@v0.10.0 . ;;
    *) die "'$tool' is none of its tools" ;;
  esac >&2 || say "$script: going on without $tool: Go cannot build it from here"
done
