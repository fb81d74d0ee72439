#!/usr/bin/env bash
# Installs what the tests need besides Go and npm: Chromium, fonts with Korean and
# emoji, and Java. It installs only as root on Debian, and elsewhere says what is
# missing. In CI that is a failure, so that no test is skipped silently.
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
  # fontconfig has fc-list, which has_font needs.
  apt-get update -q
  apt-get install -q -y --no-install-recommends fontconfig "${missing[@]}"
  exit 0
fi

echo "setup: please install ${missing[*]} (Debian's names): the tests that need them are SKIPPED" >&2
[[ -z ${CI:-} ]]
