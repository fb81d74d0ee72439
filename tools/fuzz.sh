#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other: tools/fuzz.sh 60s
set -euo pipefail

time=${1:?usage: tools/fuzz.sh DURATION, for example 60s}

# go test -list prints a package's targets and then its "ok" line.
targets=$(go test -list '^Fuzz' ./... | awk '
  /^Fuzz/ { names[++n] = $1 }
  /^ok/   { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
if [[ -z $targets ]]; then
  echo "fuzz: no fuzz target was found" >&2
  exit 1
fi

while read -r package target; do
  echo "== $package $target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package" </dev/null
done <<<"$targets"
