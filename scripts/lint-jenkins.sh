#!/usr/bin/env bash
# Reads Jenkinsfiles as Groovy does, by npm-groovy-lint with its own CodeNarc: what a Jenkins could not even parse is told, with line and column. Whether steps and sections are those
# of a declarative pipeline only a Jenkins knows. Needs npm, Node.js 20 and Java 17, and takes half a minute, so that no test and no CI calls it.
#   scripts/lint-jenkins.sh [FILE...]      by default those that `ashlar init` writes, of templates/ci
# The linter is put into build/ci-linters/groovy when it is first asked for; afterwards nothing is fetched. Where it cannot be had, says so (`skipped:`) and exits with 3.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
wanted=npm-groovy-lint@15.2.2 folder=$(build_root)/ci-linters/groovy
if (($# == 0)); then set -- "$top"/templates/ci/*.Jenkinsfile; fi
skip() { say "$script: skipped: $1"; exit 3; }
for program in npm node java jq; do command -v $program >/dev/null || skip "this machine has no $program"; done
if [[ $(cat "$folder/installed" 2>/dev/null) != "$wanted" ]]; then
  step "install $wanted in $folder"
  mkdir -p "$folder"
  (cd "$folder" && timeout 600 npm install --no-audit --no-fund --no-package-lock "$wanted" >&2) || skip "$wanted cannot be had from here"
  echo "$wanted" > "$folder/installed"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# It knows a Jenkinsfile by that name alone; what `ashlar init` fills in is a word.
for file in "$@"; do
  name=$(basename "$file")
  mkdir -p "$work/files/$name"
  sed 's/@[A-Z_]*@/word/g' "$file" > "$work/files/$name/Jenkinsfile"
done
timeout 900 "$folder/node_modules/.bin/npm-groovy-lint" --noserver --no-insight --path "$work/files" --failon none --output json > "$work/said" 2>"$work/errors" || true
sed -n '/^{/,$p' "$work/said" > "$work/answer"
linted=$(jq '.summary.totalFilesLinted' "$work/answer" 2>/dev/null) || die "npm-groovy-lint gave no answer: $(tail -n 3 "$work/errors" "$work/said")"
((linted == $#)) || die "npm-groovy-lint read $linted of $# files"
found=$(jq -r '.files | to_entries[] | .key as $file | .value.errors[] | select(.severity == "error") | "\($file | split("/")[-2]):\(.line // 1): \(.rule): \(.msg | split("\n")[0])"' "$work/answer")
if [[ -n $found ]]; then say "$found"; exit 1; fi
say "$script: Groovy reads all $# files"
