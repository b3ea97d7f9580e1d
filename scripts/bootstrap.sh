#!/usr/bin/env bash
# Makes .venv from the hash-pinned lock. Needs python3 alone; on Debian it installs python3-venv itself where it may.
#
# The project is not pip-installed: that would fetch a build backend that no lock pins. One line in reminders.pth puts
# the checkout on the path, as an editable install does, and .venv/bin/reminders is a three-line launcher.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'setup: %s\n' "$*" >&2; }

# The machine's own python3 first: its venv package is the one that is easy to get.
find_python() {
    local name
    for name in python3 python3.11 python3.12 python3.13; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    say 'Python 3.11 or newer is needed, and neither python3 nor python3.11, python3.12 or python3.13 is one.'
    exit 2
}

# A minimal Debian has venv without ensurepip, which is in a package of its own.
ensure_venv() {
    local python=$1 package=$1-venv
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        say "installing $package, because this $python cannot make virtual environments yet"
        export DEBIAN_FRONTEND=noninteractive
        if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "$package" >&2 &&
            "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            return
        fi
    fi
    say "this $python cannot make virtual environments. On Debian or Ubuntu run the line below, then try again:"
    echo "    sudo apt-get update && sudo apt-get install -y $package" >&2
    exit 2
}

# Run through sh, so that a checkout whose path holds spaces works: a shebang line cannot quote.
write_launcher() {
    cat >.venv/bin/reminders <<'LAUNCHER'
#!/bin/sh
'''exec' "$(dirname "$(readlink -f "$0")")/python" "$0" "$@"
' '''
import sys
from reminders.cli import main
sys.exit(main())
LAUNCHER
    chmod +x .venv/bin/reminders
}

# pip goes by its module: the shebangs of a copied or moved .venv point at the old place.
has_pip() { .venv/bin/python -m pip --version >/dev/null 2>&1; }

main() {
    local python
    python=$(find_python)
    if ! has_pip; then
        ensure_venv "$python"
        "$python" -m venv --clear .venv
    fi
    # Wheels only: building from source would fetch build tools that no hash pins.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements-dev.lock
    .venv/bin/python -c 'import os, sysconfig
with open(os.path.join(sysconfig.get_path("purelib"), "reminders.pth"), "w") as file:
    print(os.getcwd(), file=file)'
    write_launcher
    touch .venv/.bootstrapped
    say "ready: $(.venv/bin/python --version) in .venv"
}

main
