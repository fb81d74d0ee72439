#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, each for DURATION, and
# fails at the end if any of them failed: tools/fuzz.sh 60s
set -euo pipefail

duration=${1:?usage: tools/fuzz.sh DURATION}

# For each package, go test -list prints the targets and then an "ok" line.
targets=$(go test -list '^Fuzz' ./... | awk '
  /^Fuzz/ { names[++n] = $1 }
  /^ok/   { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
if [[ -z $targets ]]; then
  echo "fuzz: no fuzz target was found" >&2
  exit 1
fi

failed=()
while read -r package target; do
  echo "== $package $target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" "$package" </dev/null || failed+=("$target")
done <<<"$targets"

if [[ ${#failed[@]} -gt 0 ]]; then
  echo "fuzz: failed: ${failed[*]}; go test wrote the inputs under testdata/fuzz, commit them with the fix" >&2
  exit 1
fi
