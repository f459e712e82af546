# One kernel in the slot under fixed names, so that grub.cfg needs no version.
kernel="$(basename "$root"/usr/lib/modules/*)"
mv "$root/boot/vmlinuz-$kernel" "$root/boot/vmlinuz"
rm -f "$root/boot/System.map-$kernel" "$root/boot/config-$kernel" "$root"/vmlinuz* "$root"/initrd.img*
mkdir -p "$root/data" "$root/boot/firmware"
