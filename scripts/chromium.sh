#!/usr/bin/env bash
# Makes sure that a chromium is there for the browser tests and the screenshots. Playwright's own cannot be had
# everywhere; on Debian it installs the distribution's where it may.
set -euo pipefail

command -v chromium >/dev/null && exit
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo 'chromium: installing it' >&2
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends chromium fonts-liberation >&2; then
        exit
    fi
fi
echo 'chromium: it is missing. On Debian or Ubuntu run the line below, then try again:' >&2
echo '    sudo apt-get update && sudo apt-get install -y chromium fonts-liberation' >&2
exit 2
