#!/bin/sh
# Installs what the project needs below node_modules: packages of the lock file, the pinned Node 26, and sqlite3's addon.
# Called by every make target that runs something; does nothing when the last run still holds. Install scripts of packages are
# not run by npm (npm may hold them back); the two that are needed run here, by name.
set -eu
cd "$(dirname "$0")/.."
say() { printf '%s\n' "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

want=$(cat package-lock.json scripts/setup.sh | sha256sum | cut -d' ' -f1)
stamp=node_modules/.kuiper-setup
ready() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x node_modules/node/bin/node ] && [ -f node_modules/sqlite3/build/Release/node_sqlite3.node ]; }
if ready; then exit 0; fi

# One set-up at a time: two make targets started together must not fight over node_modules.
mkdir -p .cache
exec 9>.cache/setup.lock
if command -v flock >/dev/null 2>&1; then flock 9; fi
if ready; then exit 0; fi

command -v npm >/dev/null 2>&1 || fail "npm is missing. On Debian: apt-get install npm (or nodejs from nodesource); any Node from 18 on is enough to run npm."
if [ -d node_modules ]; then
  say "bringing packages up to date with the lock file"
  npm install --no-save --ignore-scripts --no-fund --no-audit --loglevel=error >&2
else
  say "installing packages (npm ci)"
  npm ci --ignore-scripts --no-fund --no-audit --loglevel=error >&2
fi

# The npm package 'node' is the pinned version; its binary comes from the package of this machine's architecture, which the lock file
# pins by hash. Its own install script would ask npm for the same package again, so the link is made here.
version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' node_modules/node/package.json | head -1)
node=node_modules/node/bin/node
binary=$(ls node_modules/node-linux-*/bin/node 2>/dev/null | head -1)
[ -n "$binary" ] || fail "no Node $version for $(uname -s)/$(uname -m) in the lock file; supported are Linux x64 and arm64."
mkdir -p node_modules/node/bin
ln -f "$binary" "$node"
[ "$("$node" --version)" = "v$version" ] || fail "node_modules/node/bin/node is not Node $version: remove node_modules and run make again."

if ! "$node" -e "require('sqlite3')" 2>/dev/null; then
  for tool in python3 make g++; do
    command -v $tool >/dev/null 2>&1 || fail "sqlite3 is compiled here and needs '$tool'. On Debian: apt-get install python3 make g++"
  done
  # N-API headers: the pinned Node's own, else those of a Node on this machine.
  headers=
  for dir in node_modules/node-linux-*/ "${npm_config_nodedir:-}" "$(dirname "$(dirname "$(command -v node)")")" /usr /usr/local; do
    if [ -n "$dir" ] && [ -f "$dir/include/node/node_api.h" ]; then headers=$(cd "$dir" && pwd); break; fi
  done
  [ -n "$headers" ] || fail "no Node headers found (include/node/node_api.h). On Debian: apt-get install libnode-dev, or set npm_config_nodedir to a folder that has include/node."
  say "compiling sqlite3 (about a minute)"
  mkdir -p .cache
  log=$PWD/.cache/sqlite3-build.log
  (cd node_modules/sqlite3 && PATH="$PWD/../node/bin:$PATH" ../node/bin/node ../node-gyp/bin/node-gyp.js rebuild --nodedir="$headers" >"$log" 2>&1) ||
    fail "sqlite3 did not compile; the end of .cache/sqlite3-build.log says: $(tail -5 .cache/sqlite3-build.log)"
  "$node" -e "require('sqlite3')" || fail "sqlite3 was compiled but does not load."
fi
NODE_COMPILE_CACHE=.cache/compile "$node" --max-semi-space-size=8 scripts/warm-up.ts >/dev/null 2>.cache/warm-up.log || say "the compile cache could not be filled (.cache/warm-up.log); the first start will be slower"
printf '%s' "$want" >"$stamp"
say "ready (Node $version)"
