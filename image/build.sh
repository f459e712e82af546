#!/bin/bash
# make image: one arm64 image for all boards in image/out. Locked packages -> base tar (cached) -> layers -> slot, FAT, data -> disk.
# Runs as root without mounting file systems. Order of reading: lib/common.sh, host-tools, debs, rootfs, layers, boot, disk.
. "$(dirname "$0")/lib/common.sh"
for part in host-tools apt-arm64 debs rootfs layers boot disk; do . "$image_dir/lib/$part.sh"; done
# shellcheck disable=SC1091
. "$image_dir/partitions/layout.env"

need_root
ensure_host_packages "${host_packages[@]}"
ensure_binfmt
ensure_tools_chroot
image_version="${KUIPER_IMAGE_VERSION:-$version}"
deb_name="kuiper-gateway_${version}_arm64.deb"
work="$cache_dir/work"
root="$work/root"
mkdir -p "$work"

[ -n "${KUIPER_KEEP_DEB:-}" ] && [ -e "$out_dir/$deb_name" ] || "$image_dir/build-deb.sh" arm64
fetch_locked_debs
make_base_tar
make_root
make_boot_tree
say "file systems and disk"
make_boot_fat "$work/boot.img"
make_slot "$work/slot-a.img"
make_data "$work/data.img"
name="kuiper-gateway_${image_version}_arm64.img"
make_disk "$out_dir/$name"
if [ -n "${KUIPER_DRAFT:-}" ]; then # a try on the way: the image without compression, checksums and bill of materials
  say "draft: out/$name"
  exit 0
fi
docs=(--docs "$root")
for unpacked in "$work"/unpacked/*/; do docs+=(--docs "$unpacked"); done
"$repo_dir/node_modules/node/bin/node" "$image_dir/sbom.ts" --lock "$lock_file" --npm "$root/opt/kuiper/lib/node_modules" "${docs[@]}" --version "$image_version" \
  --epoch "$SOURCE_DATE_EPOCH" --out "$out_dir/kuiper-gateway_${image_version}_arm64.spdx.json"
zstd -q -f -T0 -15 --long=27 "$out_dir/$name" -o "$out_dir/$name.zst"
"$repo_dir/node_modules/node/bin/node" "$image_dir/lib/imager-manifest.ts" --image "$out_dir/$name" --packed "$out_dir/$name.zst" --version "$image_version" \
  --epoch "$SOURCE_DATE_EPOCH" --out "$out_dir/rpi-imager.json" --url "${KUIPER_IMAGE_URL:-}"
(cd "$out_dir" && sha256sum "$name.zst" "$name" "kuiper-gateway_${image_version}_arm64.spdx.json" "$deb_name" rpi-imager.json >SHA256SUMS)
mib="$(du -m "$out_dir/$name.zst" | cut -f1)"
[ "$mib" -le 400 ] || fail "the compressed image has $mib MB, more than the 400 that were promised"
say "out/$name.zst: $mib MB; root $(du -sm --apparent-size "$root" | cut -f1) MB"
