#!/usr/bin/env bash
# Builds the fuzz drivers with clang, AddressSanitizer and UBSan, and runs each for SECONDS (60): scripts/fuzz.sh [SECONDS [DRIVER...]]
# A line a driver says how it went; whatever it found lies in the folder named, and the exit code is 1.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
seconds=${1:-60}
shift || true
[[ $seconds =~ ^[0-9]+$ ]] || die "'$seconds' is no number of seconds"

# clang reads libstdc++'s std::expected from version 19 on.
compiler=${CXX:-}
for name in clang++ clang++-{22,21,20,19}; do
  if [[ -z $compiler ]] && command -v "$name" >/dev/null && (($("$name" -dumpversion | cut -d. -f1) >= 19)); then compiler=$name; fi
done
[[ -n $compiler ]] || die "no clang of version 19 or newer: sudo apt-get install clang-19 libclang-rt-19-dev (or a newer clang with its libclang-rt)"

folder=$(build_root)/fuzz
step "configure preset 'fuzz' in $folder with $compiler"
(cd "$top" && cmake --preset fuzz -B "$folder" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_C_COMPILER="${compiler/++/}") >&2
if (($#)); then drivers=("$@"); else mapfile -t drivers < <(cut -d' ' -f1 "$folder/fuzz.txt"); fi
step "build ${#drivers[@]} drivers with $(jobs) jobs"
cmake --build "$folder" --parallel "$(jobs)" --target "${drivers[@]}" >&2

# More seeds where the shared data is at hand: definitions and a part of an index.
more=$folder/seeds
mkdir -p "$more"/{definitions,packages}
data=$top/../shared/data
if [[ -f $data/dhi/image-definitions.tar.zst && ! -e $more/definitions/done ]] && command -v zstd >/dev/null; then
  unpacked=$(mktemp -d)
  zstd -dcq "$data/dhi/image-definitions.tar.zst" | tar -x -C "$unpacked" --wildcards '*.yaml'
  find "$unpacked" -name '*.yaml' -size -8k | sort | awk 'NR % 10 == 0' | while read -r path; do cp "$path" "$more/definitions/$(echo "${path#"$unpacked"/}" | tr / _)"; done
  rm -rf "$unpacked"
  touch "$more/definitions/done"
fi
if [[ -f $data/debian/trixie-index.tar.zst && ! -e $more/packages/done ]] && command -v zstd >/dev/null; then
  zstd -dcq "$data/debian/trixie-index.tar.zst" | tar -xO --wildcards '*trixie.Packages' | awk -v folder="$more/packages" \
    'BEGIN {RS = ""; ORS = "\n\n"} NR % 500 == 0 && NR <= 30000 {print > (folder "/" NR)}'
  touch "$more/packages/done"
fi

run_driver() {
  local driver=$1 corpus log line seeds status=ok
  corpus=$folder/corpus/$driver
  log=$folder/$driver.log
  mkdir -p "$corpus" "$folder/found/$driver"
  read -ra seeds <<<"$(grep "^$driver " "$folder/fuzz.txt" | cut -d' ' -f2-)"
  case $driver in
    fuzz_yaml | fuzz_definition) seeds+=("$more/definitions") ;;
    fuzz_packages | fuzz_control) seeds+=("$more/packages") ;;
  esac
  "$folder/tests/fuzz/$driver" "$corpus" "${seeds[@]}" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1500 -max_len=32768 \
    -print_final_stats=1 -artifact_prefix="$folder/found/$driver/" >"$log" 2>&1 || status=FOUND
  line=$(awk '/number_of_executed_units/ {runs = $2} /peak_rss_mb/ {memory = $2} {for (at = 1; at < NF; ++at) if ($at == "cov:") cover = $(at + 1)}
    END {printf "%9d runs, %6d edges, %4d MB", runs, cover, memory}' "$log")
  printf '%-16s %-5s %s\n' "$driver" "$status" "$line"
  if [[ $status != ok ]]; then
    grep -m3 -E '^(==[0-9]+==ERROR|SUMMARY|broken:)|runtime error' "$log" | sed 's/^/    /' || true
    echo "    log: $log; inputs: $folder/found/$driver/"
    return 1
  fi
}

step "run each driver for $seconds s, $(jobs) at a time"
export -f run_driver
export folder seconds more
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=allocator_may_return_null=1
if printf '%s\n' "${drivers[@]}" | xargs -P "$(jobs)" -I{} bash -c 'run_driver {}'; then
  say "fuzz: ${#drivers[@]} drivers, nothing found"
else
  die "something was found"
fi
