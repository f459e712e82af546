# Updates: the key that bundles must be signed with (make update-keys), the updater's units. GRUB's tools but grub-editenv are not needed on the device.
enable() { chroot_run systemctl enable --quiet "$@"; }
enable kuiper-update.service kuiper-update.socket kuiper-trial.timer
keyring="${KUIPER_UPDATE_KEYRING:-$image_dir/.keys/keyring.pem}"
if [ -e "$keyring" ]; then
  install -m 644 "$keyring" "$root/usr/lib/kuiper/update-keyring.pem"
else
  say "no update key (make update-keys): this image takes no updates"
fi
find "$root/usr/bin" "$root/usr/sbin" -name 'grub-*' ! -name grub-editenv -delete
rm -rf "$root/usr/share/grub" "$root/etc/grub.d" "$root/etc/default/grub.d" "$root/etc/rauc"
