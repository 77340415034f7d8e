#!/usr/bin/env bash
# What the ledger costs beside plain SQLite and SHA-256, in turn on the same disk and bytes; the table goes to standard output.
#   bench/ledger.sh [--build FOLDER] [--repeat N]
# FOLDER is a release build with benchmarks (build/release), N 5 rounds.
# insert  300 events one by one, 30,000 in transactions of 100: by us; by SQLite with the same settings (write-ahead log, full synchronisation) of the same bytes alone; and
#         with the ledger's columns and indexes, too
# verify  a million events, beside SHA-256 of the same bytes in memory, as one run and entry by entry as the chain takes them; SQLite's own check of the file
# due     the clocks of the findings of one vulnerability out of that million
# since   the events of the last day of that million, as each renewal reads them to tell of them: by the index of times, and by looking at all of them
set -euo pipefail
source "$(dirname "$0")/rounds.sh"
build=$here/build/release repeat=5
take_arguments 4,5 "$@"
program=$build/bench/ledger
[[ -x $program ]] || { echo "$script: there is no program '$program'" >&2; exit 2; }
work=$build/bench/work/ledger
rm -rf "$work" && mkdir -p "$work"
cd "$work"
timed() { "$program" "${@:2}" >>"$1"; }
fresh() { rm -f one.db one.db-wal one.db-shm; }
for ((round = 0; round < repeat; round++)); do
  for how in insert plain indexed; do
    fresh && timed "$how.1" "$how" one.db 300 1
    fresh && timed "$how.100" "$how" one.db 30000 100
  done
done
"$program" insert million.db 1000000 10000 >/dev/null
for ((round = 0; round < repeat; round++)); do
  cat million.db >/dev/null  # from memory, as the bytes beside it
  timed verify verify million.db
  timed sha256 sha256 million.db
  timed file file million.db
  timed due due million.db CVE-2026-00007
  timed since since million.db 86400
done
say_machine
echo
echo '| | wall | |'
echo '|---|---|---|'
tell() { awk -v words="$2" -v s="$(median "$1" seconds)" -v n="$(jq -s '.[0].events // 0' "$1")" 'BEGIN {printf "| %s | %.3f s | %s |\n", words, s, n ? sprintf("%d events a second", n / s) : ""}'; }
for batch in 1 100; do
  tell "insert.$batch" "durable inserts, transactions of $batch: the ledger"
  tell "plain.$batch" "the same by SQLite, bytes alone"
  tell "indexed.$batch" "the same by SQLite, with the columns and indexes"
done
hashed() { awk -v words="$1" -v s="$2" -v c="$3" -v b="$(jq -s '.[0].bytes' sha256)" 'BEGIN {printf "| %s | %.3f s | %.3f s of a processor, %d MB/s by that |\n", words, s, c, b / c / 1e6}'; }
hashed 'verify a million events' "$(median verify seconds)" "$(median verify cpu)"
hashed 'SHA-256 of the same bytes in memory, one run' "$(median sha256 seconds)" "$(median sha256 cpu)"
hashed 'the same, entry by entry with the chain' "$(median sha256 chained)" "$(median sha256 chained_cpu)"
tell file "SQLite's own check of the file"
tell due 'clocks of one vulnerability, of a million events'
told() { awk -v words="$1" -v s="$2" -v c="$3" -v n="$(jq -s '.[0].found' since)" 'BEGIN {printf "| %s | %.4f s | %.4f s of a processor, %d events |\n", words, s, c, n}'; }
told 'events of the last day, of a million' "$(median since seconds)" "$(median since cpu)"
told 'the same by looking at every event' "$(median since looked)" "$(median since looked_cpu)"
echo
ratio() { awk -v words="$1" -v a="$2" -v b="$3" 'BEGIN {printf "%s: %.2f\n\n", words, b / a}'; }
for batch in 1 100; do
  ratio "inserts a second, transactions of $batch, of SQLite's with bytes alone" "$(median "insert.$batch" seconds)" "$(median "plain.$batch" seconds)"
  ratio "inserts a second, transactions of $batch, of SQLite's with columns and indexes" "$(median "insert.$batch" seconds)" "$(median "indexed.$batch" seconds)"
done
for time in seconds cpu; do ratio "speed of verifying, of SHA-256's in one run, by $time" "$(median verify $time)" "$(median sha256 $time)"; done
ratio "speed of verifying, of SHA-256's entry by entry, by cpu" "$(median verify cpu)" "$(median sha256 chained_cpu)"
