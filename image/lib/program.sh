# What lies in /opt/kuiper/lib: our sources, the bundle made of them that runs, production packages, the pinned Node, native
# addons for the architecture, a warm compile cache. Called by build-deb.sh; next file: ../../systemd/deb/control.

# npm_arch DEB_ARCH: npm's name of an architecture.
npm_arch() { case "$1" in amd64) echo x64 ;; arm64) echo arm64 ;; *) fail "unknown architecture $1: amd64 or arm64" ;; esac; }
# cross_prefix DEB_ARCH: GNU triplet with dash, also for the native one.
cross_prefix() { case "$1" in amd64) echo x86_64-linux-gnu- ;; arm64) echo aarch64-linux-gnu- ;; esac; }

# lock_field PATH FIELD: a value of package-lock.json's entry.
lock_field() {
  python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["packages"][sys.argv[2]][sys.argv[3]])' "$repo_dir/package-lock.json" "$1" "$2"
}

# fetch_node ARCH: the pinned Node of the architecture, checked against the lock file; sets node_dir.
fetch_node() {
  local name="node-linux-$(npm_arch "$1")" version integrity tgz
  version="$(lock_field "node_modules/$name" version)"
  integrity="$(lock_field "node_modules/$name" integrity)"
  node_dir="$cache_dir/$name-$version"
  [ -x "$node_dir/bin/node" ] && return 0
  say "fetching $name $version"
  rm -rf "$node_dir.new" && mkdir -p "$node_dir.new"
  tgz="$(cd "$node_dir.new" && npm pack --silent "$name@$version" 2>/dev/null)" || fail "npm has no $name@$version"
  [ "sha512-$(openssl dgst -sha512 -binary "$node_dir.new/$tgz" | base64 -w0)" = "$integrity" ] || fail "$name@$version is not what package-lock.json pins"
  tar -xzf "$node_dir.new/$tgz" -C "$node_dir.new" --strip-components=1
  rm -f "$node_dir.new/$tgz"
  "$(cross_prefix "$1")strip" "$node_dir.new/bin/node"
  rm -rf "$node_dir" && mv "$node_dir.new" "$node_dir"
}

# build_sqlite ARCH MODULES: compiles sqlite3's addon for the architecture (a minute), kept in the cache; sets sqlite_addon.
build_sqlite() {
  local arch="$1" modules="$2" version prefix work
  version="$(lock_field node_modules/sqlite3 version)"
  sqlite_addon="$cache_dir/sqlite3-$version-$arch.node"
  [ -e "$sqlite_addon" ] && return 0
  say "compiling sqlite3 $version for $arch (about a minute)"
  prefix="$(cross_prefix "$arch")"
  # One fixed folder: the path enters the binary's debug data, and an equal build needs an equal path.
  work="$cache_dir/sqlite3-build"
  rm -rf "$work" && mkdir -p "$work" && cp -r "$modules/." "$work/node_modules"
  (cd "$work/node_modules/sqlite3" &&
    CC="${prefix}gcc" CXX="${prefix}g++" AR="${prefix}ar" CFLAGS="-ffile-prefix-map=$work=." CXXFLAGS="-ffile-prefix-map=$work=." \
      nice -n 10 "$repo_dir/node_modules/node/bin/node" "$repo_dir/node_modules/node-gyp/bin/node-gyp.js" rebuild "--arch=$(npm_arch "$arch")" "--nodedir=$node_dir" -j 2) \
    >"$cache_dir/sqlite3-$arch.log" 2>&1 || fail "sqlite3 did not compile for $arch: $(tail -n 3 "$cache_dir/sqlite3-$arch.log")"
  "${prefix}strip" --strip-unneeded "$work/node_modules/sqlite3/build/Release/node_sqlite3.node"
  cp "$work/node_modules/sqlite3/build/Release/node_sqlite3.node" "$sqlite_addon.new" && mv "$sqlite_addon.new" "$sqlite_addon"
  rm -rf "$work"
}

# fetch_modules ARCH: production packages of the lock file for the architecture, kept in the cache; sets modules_dir.
fetch_modules() {
  local arch="$1" key
  key="$(cat "$repo_dir/package.json" "$repo_dir/package-lock.json" "${BASH_SOURCE[0]}" "$image_dir/lib/prune-packages.ts" | sha256sum | cut -c1-16)"
  modules_dir="$cache_dir/modules-$arch-$key"
  [ -d "$modules_dir" ] && return 0
  say "npm ci for $arch"
  local work="$modules_dir.new"
  rm -rf "$work" && mkdir -p "$work"
  cp "$repo_dir/package.json" "$repo_dir/package-lock.json" "$repo_dir/.npmrc" "$work/"
  (cd "$work" && npm ci --omit=dev --ignore-scripts --os=linux --libc=glibc "--cpu=$(npm_arch "$arch")" --loglevel=error >/dev/null) || fail "npm ci failed"
  rm -rf "$modules_dir.tree" && mv "$work/node_modules" "$modules_dir.tree" && rm -rf "$work"
  build_sqlite "$arch" "$modules_dir.tree"
  prune_modules "$modules_dir.tree" "$arch"
  mkdir -p "$modules_dir.tree/sqlite3/build/Release" && cp "$sqlite_addon" "$modules_dir.tree/sqlite3/build/Release/node_sqlite3.node"
  mv "$modules_dir.tree" "$modules_dir"
}

# prune_modules DIR ARCH: leaves what runs and the licences; build inputs, other machines' binaries and browser bundles go.
prune_modules() {
  local dir="$1" keep
  keep="linux-$(npm_arch "$2")"
  rm -rf "$dir"/.bin "$dir"/.package-lock.json "$dir"/sqlite3/{deps,src,build,prebuilds} "$dir"/node-linux-* "$dir"/mqtt/dist "$dir"/node-gyp "$dir"/node-addon-api \
    "$dir"/@serialport/bindings-cpp/{src,binding.gyp,build}
  "$repo_dir/node_modules/node/bin/node" "$image_dir/lib/prune-packages.ts" "$dir" "$repo_dir/package.json" >&2
  find "$dir" -path '*/prebuilds/*' -prune -type d ! -name "$keep" -exec rm -rf {} +
  find "$dir" -name '*.musl.node' -delete
  find "$dir" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -iname 'readme*' -o -iname 'changelog*' -o -name '*.tsbuildinfo' \) -delete
  find "$dir" -depth -type d \( -name test -o -name tests -o -name '.github' -o -name example -o -name examples -o -name docs \) -exec rm -rf {} +
  find "$dir" -depth -type d -empty -delete
}

# stage_program ARCH DIR: fills DIR (/opt/kuiper/lib).
stage_program() {
  local arch="$1" dir="$2"
  fetch_node "$arch"
  fetch_modules "$arch"
  mkdir -p "$dir/bin"
  cp "$node_dir/bin/node" "$dir/bin/node"
  cp "$node_dir/LICENSE" "$dir/bin/LICENSE.node"
  cp -r "$modules_dir" "$dir/node_modules"
  # A package without a licence text fails the build.
  "$repo_dir/node_modules/node/bin/node" "$image_dir/lib/licences.ts" "$dir/node_modules" "$dir/THIRD-PARTY-LICENSES.txt" || fail "licence texts are missing"
  cp -r "$repo_dir/src" "$repo_dir/plugins" "$repo_dir/etc" "$dir/"
  sed "s/^  \"version\": .*/  \"version\": \"$version\",/" "$repo_dir/package.json" >"$dir/package.json"
  [ ! -e "$repo_dir/README.md" ] || cp "$repo_dir/README.md" "$dir/"
  mkdir -p "$dir/image" && cp -r "$image_dir/provision" "$image_dir/network" "$dir/image"
  "$repo_dir/node_modules/node/bin/node" "$image_dir/lib/bundle.ts" "$dir/dist" || fail "the bundle was not made"
  # The package of plugin authors: `kuiper plugin new` puts it into the folders that it writes.
  "$repo_dir/node_modules/node/bin/node" "$repo_dir/scripts/plugin-kit.ts" "$dir/dist/plugin-kit" >/dev/null || fail "the plugin kit was not made"
  rm -f "$dir"/dist/plugin-kit/*.key
  # Only what a running gateway reads: no modes or owners of the work tree.
  chmod -R u=rwX,go=rX "$dir"
  check_program "$arch" "$dir"
  warm_cache "$arch" "$dir"
}

# warm_cache ARCH DIR: V8's code of the bundle as Node's compile cache, so that a start on a slow board is not spent on compiling. It is bound
# to the path, Node's version and the user id: made at the final path in a mount namespace. --predictable with a fixed seed gives
# equal files in every build, and V8 takes them in a run without these flags (its flag hash leaves both out).
warm_cache() {
  local arch="$1" dir="$2" scratch="$cache_dir/warm-$1" log="$cache_dir/warm-$1.log" node="$repo_dir/node_modules/node/bin/node" env tag
  rm -rf "$dir/compile-cache" "$scratch" && mkdir -p "$scratch"/{work,made}
  env=(QEMU_CPU=cortex-a72)
  [ "$arch" = "$(dpkg --print-architecture)" ] || env+=(QEMU_LD_PREFIX=/usr/aarch64-linux-gnu)
  unshare --map-root-user --mount -- /bin/sh -c 'mount -t tmpfs tmpfs /opt; mkdir -p /opt/kuiper/lib; mount --bind "$1" /opt/kuiper/lib; shift; exec "$@"' sh "$dir" \
    env "${env[@]}" "$node" "$image_dir/lib/warm.ts" "$scratch/work" "$scratch/made" /opt/kuiper/lib/bin/node --predictable --random-seed=42 >"$log" 2>&1 ||
    fail "the gateway of $arch does not run here, see $log"
  # The last part of the name is the user id of the build; the service's is 970 (systemd/kuiper.sysusers).
  tag="$(ls "$scratch/made")"
  mkdir -p "$dir/compile-cache" && cp -r "$scratch/made/$tag" "$dir/compile-cache/${tag%-*}-970"
  [ "$(ls "$dir/compile-cache/${tag%-*}-970" | wc -l)" -ge 15 ] || fail "the compile cache of $arch was not made, see $log"
  chmod -R u=rwX,go=rX "$dir/compile-cache"
  rm -rf "$scratch"
}

# check_program ARCH DIR: Node starts and loads both addons on this very architecture (emulated where needed).
check_program() {
  local text
  text="$(cd "$2" && run_target "$1" "$2/bin/node" -e 'require("sqlite3"); require("serialport"); console.log(process.version, process.arch)' 2>&1)" ||
    fail "the program of $1 does not start: $text"
  [ "$text" = "v$(lock_field "node_modules/node-linux-$(npm_arch "$1")" version) $(npm_arch "$1")" ] || fail "unexpected Node in the package: $text"
}

# run_target ARCH COMMAND...: runs a program of the architecture here.
run_target() {
  local arch="$1"
  shift
  case "$arch" in
    "$(dpkg --print-architecture)") "$@" ;;
    arm64) QEMU_LD_PREFIX=/usr/aarch64-linux-gnu "$@" ;;
    *) fail "no way to run $arch programs here" ;;
  esac
}
