#!/usr/bin/env bash
# Installs Chromium for the tests in this folder, from Debian's (or Ubuntu's) own packages.
# Playwright's and axe's Python packages are the extra "browser": pip install -e '.[browser]'
set -euo pipefail

if command -v chromium >/dev/null; then
  echo "chromium is there: $(command -v chromium)"
elif ! command -v apt-get >/dev/null; then
  echo "no apt-get here: install Chromium by other means, and say where it is: CHROMIUM=/path/to/chromium make check" >&2
  exit 1
elif [ "$(id -u)" = 0 ]; then
  apt-get update -q && apt-get install -qy --no-install-recommends chromium
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  sudo apt-get update -q && sudo apt-get install -qy --no-install-recommends chromium
else
  echo "chromium is missing, and only an administrator may install it: sudo apt-get install chromium" >&2
  exit 1
fi
