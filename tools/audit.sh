#!/usr/bin/env bash
# Looks for known vulnerabilities in Maru's dependencies. A finding is a failure; a
# database that cannot be reached is reported in one line and is not.
set -euo pipefail

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# skip_or_fail NAME PATTERN handles a failed check. If its output matches PATTERN,
# its database could not be reached.
skip_or_fail() {
  if grep -Eq "$2" "$output"; then
    echo "audit: $1 could not run: its database cannot be reached from here"
    return
  fi
  cat "$output" >&2
  exit 1
}

go tool -modfile=tools/go.mod govulncheck ./... >"$output" 2>&1 ||
  skip_or_fail govulncheck 'fetching vulnerabilities|vuln\.go\.dev'

npm audit --audit-level=high >"$output" 2>&1 ||
  skip_or_fail 'npm audit' 'audit endpoint returned an error|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT'
