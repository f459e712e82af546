#!/bin/bash
# The slow half of the image's promises: boots the same image on QEMU's raspi3b through U-Boot and GRUB, and builds twice to compare
# bytes. Parts as arguments: raspi3b, double-build; none = both. FRESH=1 makes the second build without cached base and initramfs.
. "$(dirname "$0")/lib/common.sh"
. "$image_dir/lib/host-tools.sh"
need_root
ensure_host_packages "${host_packages[@]}"
image="$out_dir/kuiper-gateway_${version}_arm64.img"

raspi3b() {
  local work="$cache_dir/raspi3b" limit_s="${RASPI_LIMIT_S:-1500}" start
  ensure_tools_chroot
  [ -e "$image" ] || fail "there is no image yet: make image"
  rm -rf "$work" && mkdir -p "$work"
  cp --sparse=always "$image" "$work/disk.img" && truncate -s 4G "$work/disk.img" # the SD model wants a power of two
  mcopy -n -i "$work/disk.img@@1M" ::u-boot.bin ::bcm2837-rpi-3-b.dtb "$work/"
  # The changes: a console to look at (PL011 is the first serial line, as on the header), and no board watchdog: QEMU's model resets
  # the machine as soon as it is armed. No login on that console: the talking "sensor" would try to log in for ever.
  printf 'set extra="console=ttyAMA0,115200 systemd.show_status=true systemd.watchdog_sec=0 kuiper.watchdog=off systemd.mask=serial-getty@ttyAMA0.service loglevel=4"\n' >"$work/extra.cfg"
  mcopy -o -i "$work/disk.img@@1M" "$work/extra.cfg" ::grub/extra.cfg
  start=$(date +%s)
  # Something talks on the line all the time, as a sensor would: U-Boot must not care.
  (while sleep 0.3; do printf 'sensor 42\r\n'; done) |
    in_tools timeout "$limit_s" qemu-system-aarch64 -M raspi3b -kernel "$work/u-boot.bin" -dtb "$work/bcm2837-rpi-3-b.dtb" \
      -drive "if=sd,file=$work/disk.img,format=raw" -display none -serial stdio >"$work/console.log" 2>&1 &
  local job=$!
  say "raspi3b: booting, up to $limit_s s; console in $work/console.log"
  until grep -aq 'Started .*kuiper.service' "$work/console.log"; do
    kill -0 "$job" 2>/dev/null || { tail -n 30 "$work/console.log" >&2; fail "raspi3b did not reach kuiper.service READY within $limit_s s"; }
    sleep 2
  done
  say "raspi3b: kuiper.service READY after $(($(date +%s) - start)) s; GRUB: $(grep -ac 'Kuiper Gateway, slot A' "$work/console.log") time"
  kill "$job" 2>/dev/null || true
  local qemu
  for qemu in $(pgrep -f "file=$work/disk.img"); do kill "$qemu"; done
  wait "$job" 2>/dev/null || true
}

# The committed tree, not the work tree, so that nobody's editing makes a difference.
double_build() {
  local tree="$cache_dir/double/tree" one="$cache_dir/double/one" two="$cache_dir/double/two" name
  rm -rf "$cache_dir/double" && mkdir -p "$tree" "$one" "$two"
  git -C "$repo_dir" archive HEAD | tar -x -C "$tree"
  mkdir -p "$tree/plugins" # git knows no empty folders
  ln -s "$repo_dir/node_modules" "$tree/node_modules"
  KUIPER_IMAGE_CACHE="$cache_dir" KUIPER_IMAGE_OUT="$one" "$tree/image/build.sh"
  if [ -n "${FRESH:-}" ]; then rm -f "$cache_dir"/base-*.tar "$cache_dir"/initrd-*.img; fi
  KUIPER_IMAGE_CACHE="$cache_dir" KUIPER_IMAGE_OUT="$two" "$tree/image/build.sh"
  for name in "$one"/*; do
    cmp "$name" "$two/$(basename "$name")" || fail "$(basename "$name") differs between two builds"
  done
  say "double build: $(ls "$one" | wc -l) files are byte-identical"
  rm -rf "$cache_dir/double"
}

[ $# -gt 0 ] || set -- raspi3b double-build
for part in "$@"; do
  case "$part" in
    raspi3b) raspi3b ;;
    double-build) double_build ;;
    *) fail "unknown part $part: raspi3b or double-build" ;;
  esac
done
