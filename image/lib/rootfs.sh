# The root file system, first part: the locked packages, unpacked and configured under emulation, as a tar in the cache.
# It depends on the lock and the packages' own scripts only, so it is made once per lock. Called by build.sh; next: layers.sh.

# make_base_tar: sets base_tar (root with all packages, no initramfs, none of our files).
make_base_tar() {
  local key names
  key="$(cat "$lock_file" "$image_dir/lock/unpacked-packages" <(declare -f make_base_tar) | sha256sum | cut -c1-16)"
  base_tar="$cache_dir/base-$key.tar"
  [ -e "$base_tar" ] && return 0
  make_local_repository
  names="$(clean_lines "$lock_file" | sed -e 's/=.*//' | grep -vxF -f <(clean_lines "$image_dir/lock/unpacked-packages") | paste -sd,)"
  say "installing the locked packages under emulation (8 to 15 minutes the first time)"
  # INITRD=No: the kernel's scripts would make the initramfs twice here; layers.sh makes the one that counts.
  INITRD=No nice -n 10 mmdebstrap --verbose --arch=arm64 --variant=essential --mode=root --format=tar \
    --include="$names" --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/etc/ssh/ssh_host_*' \
    "$suite" "$base_tar.new" "deb [trusted=yes] copy://$repository_dir ./" >"$cache_dir/mmdebstrap.log" 2>&1 ||
    fail "mmdebstrap failed, see $cache_dir/mmdebstrap.log"
  mv "$base_tar.new" "$base_tar"
  say "base: $(du -m "$base_tar" | cut -f1) MB"
}
