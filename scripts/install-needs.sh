#!/usr/bin/env bash
# Installs with apt what this machine lacks of what the named jobs need, and says what it does.
#   scripts/install-needs.sh build|test|run...
# `build`: compiler and libraries. `test`: also the test library and the programs that tests compare with. `run`: what quickstart.sh and demo.sh use.
# Programs that only make tests or checks richer may be missing: the reason is printed, and they are left out; with ASHLAR_CI=1 that is an error.
set -euo pipefail
source "$(dirname "$0")/machine.sh"

build=(g++ cmake ninja-build pkg-config libfmt-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libcli11-dev nlohmann-json3-dev libfyaml-dev
       liblzma-dev libzstd-dev libdeflate-dev libisal-dev libarchive-dev librnp-dev libsolv-dev libsolvext-dev libsimdjson-dev libsqlite3-dev libsodium-dev libp11-kit-dev)
needed=() wanted=()
for job in "$@"; do
  case $job in
    build) needed+=("${build[@]}"); wanted+=(ccache gcc-aarch64-linux-gnu) ;;
    test) needed+=("${build[@]}" libgtest-dev); wanted+=(ccache libbenchmark-dev gcc-aarch64-linux-gnu runc skopeo umoci podman uidmap bubblewrap mmdebstrap jq gpg gpg-agent gpgv zstd xz-utils dpkg-dev debian-archive-keyring python3 python3-venv
          python3-packaging python3-yaml libdpkg-perl rpm sqlite3
          openssl softhsm2 opensc docker-registry apache2-utils libvalijson-dev man-db zsh fish file strace curl)
          command -v go >/dev/null || wanted+=(golang-go)
          command -v chromium >/dev/null || wanted+=(chromium)
          command -v javac >/dev/null || wanted+=(default-jdk-headless)
          command -v rustc >/dev/null || wanted+=(rustc)
          command -v node >/dev/null || wanted+=(nodejs)
          command -v npm >/dev/null || wanted+=(npm)
          command -v mvn >/dev/null || wanted+=(maven)
          command -v kubectl >/dev/null || wanted+=(kubernetes-client) ;;
    run) needed+=("${build[@]}" jq ca-certificates debian-archive-keyring); wanted+=(ccache skopeo umoci runc uidmap bubblewrap) ;;
    *) sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

go_without() {
  if [[ -n ${ASHLAR_CI-} ]]; then die "cannot go on without $1: $2 (ASHLAR_CI is set)"; fi
  say "$script: going on without $1: $2"
}
# Those of the names given that are not installed, each once.
missing() {
  local name
  for name in $(printf '%s\n' "$@" | sort -u); do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done
}
mapfile -t lacking < <(missing "${needed[@]}")
mapfile -t absent < <(missing "${wanted[@]}")
if ((${#lacking[@]} + ${#absent[@]} == 0)); then
  say "$script: nothing to install"
  exit 0
fi

as_root=()
if [[ $(id -u) != 0 ]]; then
  if command -v sudo >/dev/null; then
    as_root=(sudo)
  elif ((${#lacking[@]})); then
    die "cannot install packages: this needs root or sudo; as root: apt-get install ${lacking[*]}"
  else
    go_without "${absent[*]}" 'installing them needs root or sudo'
    exit 0
  fi
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2; }
install() { apt install -y --no-install-recommends "$@"; }

step "install ${lacking[*]} ${absent[*]}"
apt update || say "$script: apt-get update failed; going on with the indexes that are there"
if install "${lacking[@]}" "${absent[@]}"; then exit 0; fi

# Something stands in the way: the needed ones together, then each of the others by itself.
if ((${#lacking[@]})); then install "${lacking[@]}" || die "cannot install packages: apt-get says why above"; fi
for name in "${absent[@]}"; do
  if ! reason=$(install "$name" 2>&1); then go_without "'$name'" "$(grep -m 1 '^E: ' <<<"$reason" || echo 'apt-get cannot install it')"; fi
done
