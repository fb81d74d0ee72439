#!/usr/bin/env bash
# Installs what the tests need beyond Go and npm: Chromium, fonts with
# Korean and emoji, and Java. Only root on Debian gets them installed; anyone else is told, and in
# CI a missing one is a failure, so that no test is left out in silence.
set -euo pipefail

has_font() {
  fc-list 2>/dev/null "$1" | grep -q .
}

missing=()
command -v "${MARU_CHROMIUM:-chromium}" >/dev/null || missing+=(chromium)
has_font :lang=ko || missing+=(fonts-noto-cjk)
has_font :lang=und-zsye || missing+=(fonts-noto-color-emoji)
command -v java >/dev/null || missing+=(default-jre-headless)
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -eq 0 ]] && grep -qs '^ID=debian$' /etc/os-release; then
  export DEBIAN_FRONTEND=noninteractive
  # fontconfig brings fc-list, by which the font is found the next time.
  apt-get update -q
  apt-get install -q -y --no-install-recommends fontconfig "${missing[@]}"
  exit 0
fi

echo "setup: please install ${missing[*]} (Debian's names): the tests that need them are SKIPPED" >&2
[[ -z ${CI:-} ]]
