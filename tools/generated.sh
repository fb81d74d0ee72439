#!/usr/bin/env bash
# Fails when `make generate` changes anything. It compares the tree with itself and
# not with the last commit, so that it is right before a commit too.
set -euo pipefail

# snapshot lists every file that git tracks or would add, with its hash.
snapshot() {
  git ls-files -z --cached --others --exclude-standard | sort -zu |
    xargs -0 sh -c 'for f; do [ -f "$f" ] && sha256sum "$f"; done; true' sh
}

before=$(snapshot)
make --no-print-directory generate
after=$(snapshot)

if ! changed=$(diff <(echo "$before") <(echo "$after")); then
  echo "generated: make generate changes these files, commit them:" >&2
  awk '/^[<>]/ { print "  " $3 }' <<<"$changed" | sort -u >&2
  exit 1
fi
