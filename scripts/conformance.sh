#!/bin/sh
# Runs the recorded vectors (test/conformance) against our daemon, with a mosquitto of our own: once with the answers of eKuiper, once with
# standard SQL. Arguments go to the runner; SQL_COMPATIBILITY=standard|ekuiper runs one of the two:
#   SQL_COMPATIBILITY=standard scripts/conformance.sh --filter window
# Exit 1 when a vector fails that test/compat/differences.json (ekuiper) or sql-differences.json (standard) does not list with its reason, and when
# a listed one does not fail any more.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/node/bin:$PATH:/usr/sbin"
export PATH
command -v mosquitto >/dev/null 2>&1 || { echo "conformance: mosquitto is not installed: left out (apt-get install mosquitto)" >&2; [ "${CI:-}" = true ] && exit 1; exit 0; }
for SQL in ${SQL_COMPATIBILITY:-ekuiper standard}; do
  SQL_COMPATIBILITY=$SQL node scripts/conformance.ts test/conformance "$@"
done
