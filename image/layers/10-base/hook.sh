# Runs on the build host with $root = the device's root. Default names, and services that this device does not need.
echo kuiper >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
rm -f "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
# An empty machine-id would make every boot a first boot for systemd; "uninitialized" does so once, the overlay keeps the new one.
echo uninitialized >"$root/etc/machine-id"
ln -sf /etc/machine-id "$root/var/lib/dbus/machine-id"
ln -sf /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
mask() { for unit in "$@"; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done; }
# Packages are never changed on the device: slots are. No suspend, no crash store, no first-boot questions.
mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service grub-common.service \
  systemd-firstboot.service systemd-pstore.service sleep.target suspend.target hibernate.target hybrid-sleep.target
disable() { find "$root/etc/systemd/system" -path '*.wants/*' -name "$1" -delete; }
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service grub-common.service \
  systemd-pstore.service remote-fs.target; do disable "$unit"; done
