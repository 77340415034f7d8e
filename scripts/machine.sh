# Sourced by the scripts beside it, after `set -euo pipefail`: where the tree is, how much this machine can do at once, and how a preset is built.
# shellcheck shell=bash
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
script=$(basename "$0" .sh)

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n== %s: %s\n' "$script" "$*" >&2; }
die() { say "$script: $*"; exit 1; }

# Processes to run at once: one a processor, but each compiler needs its gigabyte.
jobs() {
  local processors memory
  processors=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1200000)}' /proc/meminfo)
  if ((memory < processors)); then processors=$memory; fi
  echo $((processors > 0 ? processors : 1))
}

# python_with FOLDER PACKAGE==VERSION...: a virtual environment with these, which FOLDER/installed notes (`noted` after it, where more is put there); gives 1 where
# it is there already. Calls `lack WHY` where it cannot be made.
python_with() {
  local folder=$1
  shift
  if [[ $(cat "$folder/installed" 2>/dev/null) == "$*${noted:+ $noted}" ]]; then return 1; fi
  command -v python3 >/dev/null || lack "this machine has no python3"
  step "install $* into $folder"
  rm -rf "$folder"
  python3 -m venv "$folder" >&2 || lack "python3 cannot make a virtual environment (package python3-venv)"
  timeout 600 "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2 || lack "pip cannot install them from here"
}

# Where builds go: build/ of the tree, or the user's cache when the tree is somebody else's.
build_root() {
  if mkdir -p "$top/build" 2>/dev/null && [[ -w $top/build ]] && [[ -z $(find "$top/build" -maxdepth 1 -type d ! -writable -print -quit) ]]; then
    echo "$top/build"
  else
    local folder=${XDG_CACHE_HOME:-$HOME/.cache}/ashlar-build
    mkdir -p "$folder"
    echo "$folder"
  fi
}

# build_preset NAME FOLDER [TARGET...]: configures and builds a preset of CMakePresets.json in FOLDER; `built` says where.
build_preset() {
  local preset=$1 folder=$2
  shift 2
  local targets=()
  if (($#)); then targets=(--target "$@"); fi
  step "configure preset '$preset' in $folder"
  # A folder that was configured in another place or with another CMake is no use.
  if [[ -f $folder/CMakeCache.txt ]] && ! grep -qF "CMAKE_HOME_DIRECTORY:INTERNAL=$top" "$folder/CMakeCache.txt"; then rm -rf "$folder"; fi
  (cd "$top" && cmake --preset "$preset" -B "$folder") >&2
  step "build with $(jobs) jobs"
  cmake --build "$folder" --parallel "$(jobs)" "${targets[@]}" >&2
}
