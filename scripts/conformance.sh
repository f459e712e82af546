#!/bin/sh
# Runs the recorded vectors (test/conformance) against our daemon, with a mosquitto of our own. Arguments go to the runner:
#   scripts/conformance.sh --filter window
# Exit 1 when a vector fails that test/compat/differences.json does not list with its reason.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/node/bin:$PATH:/usr/sbin"
export PATH
command -v mosquitto >/dev/null 2>&1 || { echo "conformance: mosquitto is not installed: left out (apt-get install mosquitto)" >&2; [ "${CI:-}" = true ] && exit 1; exit 0; }
exec node scripts/conformance.ts test/conformance "$@"
