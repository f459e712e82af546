# rauc's example keys and GRUB's tools (but grub-editenv) are not needed on the device.
enable() { chroot_run systemctl enable --quiet "$@"; }
enable kuiper-mark-good.service kuiper-healthy.service
find "$root/usr/bin" "$root/usr/sbin" -name 'grub-*' ! -name grub-editenv -delete
rm -rf "$root/usr/share/grub" "$root/etc/grub.d" "$root/etc/default/grub.d"
