# The boot partition: GRUB image, board files, A/B state, as a FAT image without mounting. Called by build.sh; next: disk.sh.

grub_modules="boot linux normal configfile search echo test regexp probe loadenv fat ext2 part_msdos minicmd sleep reboot ls cat gzio fdt true eval"

# make_boot_tree: fills $work/boot with everything of the FAT.
make_boot_tree() {
  local boot="$work/boot" unpacked="$work/unpacked" name board target source dtb
  rm -rf "$boot" "$unpacked" && mkdir -p "$boot/grub" "$unpacked"
  for name in $(clean_lines "$image_dir/lock/unpacked-packages"); do dpkg-deb -x "$(deb_of "$name")" "$unpacked/$name"; done
  # grub-mkimage is amd64, the modules are arm64's.
  cp -r "$unpacked/grub-efi-arm64-bin/usr/lib/grub/arm64-efi" "$work/grub-modules"
  # shellcheck disable=SC2086
  in_tools grub-mkimage -O arm64-efi -d "$work/grub-modules" -p /grub -o "$work/BOOTAA64.EFI" $grub_modules
  rm -rf "$work/grub-modules"
  for board in "$image_dir"/boards/*/; do
    while IFS=$'\t' read -r target source; do
      source="${source/#@firmware-licence/$unpacked/raspi-firmware/usr/share/doc/raspi-firmware/copyright}"
    source="${source/#@firmware/$unpacked/raspi-firmware/usr/lib/raspi-firmware}"
      source="${source/#@uboot/$unpacked/u-boot-rpi/usr/lib/u-boot}"
      source="${source/#@kernel/$(echo "$root"/usr/lib/linux-image-*/broadcom)}"
      source="${source/#@board\//$board}"
      source="${source/#@grub/$work/BOOTAA64.EFI}"
      [ -e "$source" ] || fail "$board: meta names $source, which is not there"
      mkdir -p "$boot/$(dirname "$target")" && cp "$source" "$boot/$target"
    done < <(clean_lines "$board/meta")
    # U-Boot must not listen to the header's UART: a sensor that talks would stop its countdown.
    if [ -e "$boot/u-boot.bin" ] && [ ! -e "$boot/uboot.env" ]; then
      "$repo_dir/node_modules/node/bin/node" "$image_dir/lib/uboot-env.ts" "$boot/u-boot.bin" 16384 "$boot/uboot.env" bootdelay=-2 || fail "uboot.env was not made"
    fi
    if [ -e "$board/header-uart.dts" ]; then
      dtc -q -@ -I dts -O dtb -o "$work/header-uart.dtbo" "$board/header-uart.dts"
      for dtb in "$boot"/*.dtb; do
        fdtoverlay -i "$dtb" -o "$dtb.new" "$work/header-uart.dtbo" || fail "header-uart.dts does not fit $(basename "$dtb")"
        mv "$dtb.new" "$dtb"
        # A child of the UART is a Bluetooth chip; with it the line would not be a tty.
        if fdtget -l "$dtb" /soc/serial@7e201000 | grep -qx bluetooth; then fdtput -r "$dtb" /soc/serial@7e201000/bluetooth; fi
      done
    fi
  done
  # Slot A is good, B is empty; nothing was started yet.
  "$repo_dir/node_modules/node/bin/node" "$image_dir/lib/boot-record.ts" "$boot/grub" || fail "the boot record was not made"
  cp "$image_dir/provision/gateway.yaml.example" "$boot/gateway.yaml.example"
  printf '%s\n' "$image_version" >"$boot/VERSION"
}

# make_boot_fat FILE: the tree as FAT32, same bytes for the same tree.
make_boot_fat() {
  local fat="$1" boot="$work/boot" path
  find "$boot" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  rm -f "$fat" && truncate -s "${KUIPER_BOOT_MIB}M" "$fat"
  in_tools mkfs.vfat --invariant -F 32 -s 1 -i "$KUIPER_DISK_ID" -n KUIPER "$fat" >/dev/null
  while read -r path; do in_tools mmd -i "$fat" "::$path"; done < <(cd "$boot" && find . -mindepth 1 -type d | sed 's,^\.,,' | sort)
  while read -r path; do in_tools mcopy -m -i "$fat" "$boot$path" "::$path"; done < <(cd "$boot" && find . -type f | sed 's,^\.,,' | sort)
}
