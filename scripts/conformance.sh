#!/bin/sh
# Runs the conformance vectors of ../shared against our daemon, with a mosquitto of our own. Arguments go to the runner:
#   scripts/conformance.sh --filter window
# Exit 1 when a vector fails that test/compat/differences.json does not list with its reason.
set -eu
cd "$(dirname "$0")/.."
shared=${SHARED:-../shared}
if [ ! -d "$shared/conformance" ]; then echo "conformance: $shared/conformance is not there: left out" >&2; [ "${CI:-}" = true ] && exit 1; exit 0; fi
PATH="$PWD/node_modules/node/bin:$PATH:/usr/sbin" 
export PATH
command -v mosquitto >/dev/null 2>&1 || { echo "conformance: mosquitto is not installed: left out (apt-get install mosquitto)" >&2; [ "${CI:-}" = true ] && exit 1; exit 0; }
exec node scripts/conformance.ts "$shared/conformance" "$@"
