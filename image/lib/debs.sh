# Locked packages: fetched once into the cache, checked against the lock, offered to mmdebstrap as a local repository.
# So a build is decided by lock/packages.lock alone and a second one needs no network. Called by build.sh; next: rootfs.sh.

lock_file="$image_dir/lock/packages.lock"

# fetch_locked_debs: sets debs_dir; each vanished or changed package is named.
fetch_locked_debs() {
  debs_dir="$cache_dir/debs"
  mkdir -p "$debs_dir"
  local missing=() name hash
  while read -r name hash; do
    [ -e "$debs_dir/$hash.deb" ] || missing+=("$name")
  done < <(clean_lines "$lock_file")
  if [ ${#missing[@]} -gt 0 ]; then
    say "fetching ${#missing[@]} packages"
    apt_arm64_init
    local tmp="$cache_dir/debs.new"
    rm -rf "$tmp" && mkdir -p "$tmp"
    (cd "$tmp" && apt-get "${apt_opts[@]}" download "${missing[@]}" >"$cache_dir/download.log" 2>&1) || name_vanished "${missing[@]}"
    local file sum
    for file in "$tmp"/*.deb; do
      sum="$(sha256sum "$file")"
      mv "$file" "$debs_dir/${sum%% *}.deb"
    done
    rm -rf "$tmp"
  fi
  while read -r name hash; do
    [ -e "$debs_dir/$hash.deb" ] || fail "$name: the mirror's file has another hash than the lock ($hash). Renew the lock with make image-lock if the mirror is trusted"
  done < <(clean_lines "$lock_file")
}

# name_vanished NAME=VERSION...: says which of them the mirror has no more; never returns.
name_vanished() {
  local name vanished=()
  for name in "$@"; do
    apt-cache "${apt_opts[@]}" show "$name" >/dev/null 2>&1 || vanished+=("$name")
  done
  [ ${#vanished[@]} -gt 0 ] || fail "download failed: $(grep -m1 '^E:' "$cache_dir/download.log")"
  fail "the mirror no longer has: ${vanished[*]}. Renew the lock with make image-lock and commit it, or put the files into $debs_dir as SHA256.deb"
}

# deb_of NAME: path of a locked package's file.
deb_of() {
  local hash
  hash="$(clean_lines "$lock_file" | sed -n "s/^$1=[^ ]* //p")"
  [ -n "$hash" ] || fail "$1 is not in lock/packages.lock"
  printf '%s/%s.deb' "$debs_dir" "$hash"
}

# make_local_repository: all locked packages as a flat repository; sets repository_dir.
make_local_repository() {
  local key
  key="$(sha256sum <"$lock_file" | cut -c1-16)"
  repository_dir="$cache_dir/repository-$key"
  [ -e "$repository_dir/Packages" ] && return 0
  rm -rf "$repository_dir.new" && mkdir -p "$repository_dir.new"
  local name hash
  while read -r name hash; do
    ln "$debs_dir/$hash.deb" "$repository_dir.new/$hash.deb" 2>/dev/null || cp "$debs_dir/$hash.deb" "$repository_dir.new/$hash.deb"
  done < <(clean_lines "$lock_file")
  (cd "$repository_dir.new" && dpkg-scanpackages --multiversion . /dev/null >Packages 2>"$cache_dir/scanpackages.log") ||
    fail "dpkg-scanpackages failed, see $cache_dir/scanpackages.log"
  # mmdebstrap picks the essential packages by the release's name
  printf 'Suite: %s\nCodename: %s\nArchitectures: arm64\n' "$suite" "$suite" >"$repository_dir.new/Release"
  rm -rf "$repository_dir" && mv "$repository_dir.new" "$repository_dir"
}
