# The root file system, second part: our layers over the cached base. Each layer folder may hold packages (see lock.sh),
# overlay/ (path = path on the device) and hook.sh (sourced here, in name order). Called by build.sh; next: disk.sh.

# chroot_run COMMAND...: a program of the device, under emulation, with /proc and /dev in a mount namespace of its own.
chroot_run() {
  unshare --mount --propagation private -- /bin/sh -c 'mount -t proc proc "$1/proc"; mount --bind /dev "$1/dev"; exec chroot "$@"' sh "$root" \
    /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@"
}

# make_root: unpacks the base into $root and applies all layers.
make_root() {
  rm -rf "$root" && mkdir -p "$root"
  tar -xf "$base_tar" -C "$root" --numeric-owner
  local layer
  for layer in "$image_dir"/layers/*/; do
    if [ -d "$layer/overlay" ]; then
      # Modes of the work tree are not trusted: executable or not is all that counts.
      (cd "$layer/overlay" && find . -type f -print0) | while IFS= read -r -d '' file; do
        if [ -x "$layer/overlay/$file" ]; then install -D -m 755 "$layer/overlay/$file" "$root/$file"; else install -D -m 644 "$layer/overlay/$file" "$root/$file"; fi
      done
    fi
    # shellcheck disable=SC1091
    if [ -e "$layer/hook.sh" ]; then say "layer $(basename "$layer")" && . "$layer/hook.sh"; fi
  done
  make_initramfs
  # Files that this build touched get the build's time, so that nothing depends on when it ran.
  rm -rf "$root"/run/* "$root"/dev/* "$root"/var/lib/systemd/random-seed "$root"/var/log/*
  find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# make_initramfs: emulated and slow (a minute), so kept by hash of what goes in.
make_initramfs() {
  local kernel key cached
  kernel="$(basename "$root"/usr/lib/modules/*)"
  key="$(cat "$lock_file" <(cd "$root/usr/lib/modules" && find . -name "*.ko*" | sort) <(cd "$image_dir/layers/20-kernel" && find . -type f | sort | xargs cat) "$root/etc/fstab" | sha256sum | cut -c1-16)"
  cached="$cache_dir/initrd-$key.img"
  if [ ! -e "$cached" ]; then
    say "making the initramfs under emulation (about a minute)"
    mkdir -p "$root/proc" "$root/boot"
    # update-initramfs looks for a config of the kernel; only its existence and compression matter.
    printf 'CONFIG_RD_ZSTD=y\n' >"$root/boot/config-$kernel"
    chroot_run mkinitramfs -o /boot/initrd.img "$kernel" >"$cache_dir/initramfs.log" 2>&1 || fail "mkinitramfs failed, see $cache_dir/initramfs.log"
    rm -f "$root/boot/config-$kernel"
    mv "$root/boot/initrd.img" "$cached.new" && mv "$cached.new" "$cached"
  fi
  cp "$cached" "$root/boot/initrd.img"
}
