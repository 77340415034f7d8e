#!/usr/bin/env bash
# Judges files of CI systems: GitHub's by actionlint and by their schema, GitLab's, Azure's and Tekton's by theirs; which a file is, its name says (*gitlab*, *azure*,
# *tekton*, *Jenkinsfile, or else GitHub's). Of Jenkins' files only the pins are judged: scripts/lint-jenkins.sh reads them as Groovy.
#   scripts/lint-ci.sh FILE...
# Every action and image that a file names must be pinned by its digest, or be a variable. What judges is installed by scripts/install-ci-linters.sh; where it
# lacks, says so (`skipped:`), judges by what is there, and exits with 3 where nothing is wrong.
set -euo pipefail
source "$(dirname "$0")/machine.sh"
(($#)) || { sed -n 4p "$0" >&2; exit 2; }
schemas=$(build_root)/ci-linters/bin/check-jsonschema actionlint=${HOME:?}/go/bin/actionlint
tekton_schema=$(build_root)/ci-linters/tekton.schema.json
github=() gitlab=() azure=() tekton=() failed=0 lacks=0
for file in "$@"; do
  case $(basename "$(dirname "$file")")/$(basename "$file") in
    *gitlab*) gitlab+=("$file") ;;
    *azure*) azure+=("$file") ;;
    *tekton*) tekton+=("$file") ;;
    *Jenkinsfile) ;;
    *) github+=("$file") ;;
  esac
done
judge() { "$@" >&2 || failed=1; }
if ((${#github[@]})); then
  if [[ -x $actionlint ]]; then judge "$actionlint" -no-color "${github[@]}"; else say "$script: skipped: this machine has no actionlint (scripts/install-ci-linters.sh)"; lacks=1; fi
fi
if [[ -x $schemas ]]; then
  if ((${#github[@]})); then judge "$schemas" --builtin-schema vendor.github-workflows "${github[@]}"; fi
  if ((${#gitlab[@]})); then judge "$schemas" --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci "${gitlab[@]}"; fi
  if ((${#azure[@]})); then judge "$schemas" --builtin-schema vendor.azure-pipelines --regex-variant nonunicode --data-transform azure-pipelines "${azure[@]}"; fi
  if ((${#tekton[@]})) && [[ ! -f $tekton_schema ]]; then
    say "$script: skipped: this machine has no schema of Tekton (scripts/install-ci-linters.sh)"
    lacks=1
  elif ((${#tekton[@]})); then
    judge "$schemas" --schemafile "$tekton_schema" "${tekton[@]}"
  fi
else
  say "$script: skipped: this machine has no check-jsonschema (scripts/install-ci-linters.sh)"
  lacks=1
fi
# Neither says anything about pins.
loose() { grep -nE '^ *-? *(uses|image|name): ' "$@" /dev/null | grep -E 'uses: |image: |name: .*[/$@]' | grep -vE '@[0-9a-f]{40}( |$)|@sha256:[0-9a-f]{64}|\$|image: *$' || true; }
found=$(loose "$@")
if [[ -n $found ]]; then say "$script: not pinned by a digest:"; say "$found"; failed=1; fi
if ((failed)); then exit 1; fi
if ((lacks)); then exit 3; fi
