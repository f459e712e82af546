#!/bin/bash
# make bundle: the root of the last `make image` as a signed update in image/out/kuiper-gateway_VERSION_arm64.raucb. Keys: make update-keys.
. "$(dirname "$0")/lib/common.sh"
. "$image_dir/lib/host-tools.sh"
need_root
ensure_tools_chroot
image_version="${KUIPER_IMAGE_VERSION:-$version}"
slot="${KUIPER_SLOT_IMAGE:-$cache_dir/work/slot-a.img}"
keys="${KUIPER_UPDATE_KEYS:-$image_dir/.keys}"
[ -e "$slot" ] || fail "there is no root of an image yet: make image"
[ -s "$keys/signer.key" ] && [ -s "$keys/signer.pem" ] || fail "there is no key to sign with: make update-keys, then make image, so that devices trust it"
built="$(in_tools debugfs -R 'cat /usr/lib/kuiper/VERSION' "$slot" 2>/dev/null || true)"
[ -z "$built" ] || [ "$built" = "$image_version" ] || fail "the last image has version $built, not $image_version: make image first"
work="$cache_dir/bundle"
rm -rf "$work" && mkdir -p "$work/content"
cp --sparse=always "$slot" "$work/content/rootfs.img"
cp "$keys/signer.key" "$keys/signer.pem" "$work/"
printf '[update]\ncompatible=%s\nversion=%s\n\n[bundle]\nformat=verity\n\n[image.rootfs]\nfilename=rootfs.img\n' "$KUIPER_COMPATIBLE" "$image_version" >"$work/content/manifest.raucm"
name="kuiper-gateway_${image_version}_arm64.raucb"
rm -f "$out_dir/$name"
in_tools rauc bundle --cert="$work/signer.pem" --key="$work/signer.key" --mksquashfs-args="-comp zstd -Xcompression-level ${KUIPER_BUNDLE_LEVEL:-15} -b 256K -quiet -no-progress" \
  "$work/content" "$out_dir/$name" >"$cache_dir/bundle.log" 2>&1 || fail "rauc bundle failed, see $cache_dir/bundle.log"
rm -rf "$work"
say "out/$name: $(du -m "$out_dir/$name" | cut -f1) MB, SHA-256 $(sha256sum "$out_dir/$name" | cut -d' ' -f1)"
