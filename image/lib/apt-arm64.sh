# An apt of its own for arm64 trixie: own lists, own state, nothing of the host's apt is touched.
# Called by lock.sh (resolve, renew) and debs.sh (download); next file: ../lock.sh.

# apt_arm64_init: fresh lists under the cache; sets apt_opts.
apt_arm64_init() {
  mirrors
  local root="$cache_dir/apt-arm64" key=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$root"/{lists/partial,archives/partial,etc/apt.conf.d,etc/preferences.d,etc/trusted.gpg.d}
  : >"$root/status"
  printf 'deb [signed-by=%s] %s %s main non-free-firmware\n' "$key" "$main_mirror" "$suite" "$key" "$main_mirror" "$suite-updates" \
    "$key" "$security_mirror" "$suite-security" >"$root/sources.list"
  apt_opts=(-o "Dir::State=$root" -o "Dir::State::Lists=$root/lists" -o "Dir::State::status=$root/status" -o "Dir::Cache=$root"
    -o "Dir::Cache::archives=$root/archives" -o "Dir::Etc::sourcelist=$root/sources.list" -o "Dir::Etc::sourceparts=-"
    -o "Dir::Etc::Parts=$root/etc/apt.conf.d" -o "Dir::Etc::main=-" -o "Dir::Etc::preferencesparts=$root/etc/preferences.d"
    -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Install-Recommends=false -o APT::Sandbox::User=root -q)
  apt-get "${apt_opts[@]}" update >"$cache_dir/apt-update.log" 2>&1 || fail "apt lists of arm64 $suite not read, see $cache_dir/apt-update.log"
}
