#!/usr/bin/env bash
# Fails when `make generate` changes anything. The tree is compared with itself,
# not with the last commit, so that it also tells the truth before a commit.
set -euo pipefail

# Every file that git tracks or would add, with the hash of its contents.
snapshot() {
  git ls-files -z --cached --others --exclude-standard | sort -zu |
    xargs -0 sh -c 'for f; do [ -f "$f" ] && sha256sum "$f"; done; true' sh
}

before=$(snapshot)
make --no-print-directory generate
after=$(snapshot)

if ! changed=$(diff <(echo "$before") <(echo "$after")); then
  echo "generated: these changed, commit them (make generate):" >&2
  awk '/^[<>]/ { print "  " $3 }' <<<"$changed" | sort -u >&2
  exit 1
fi
