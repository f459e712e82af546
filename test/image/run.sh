#!/bin/bash
# make test-image: builds the image (with caches where there are any), boots it in QEMU virt and checks what must hold.
# KUIPER_IMAGE=FILE tests an image that is there already. Next file: main.ts.
. "$(dirname "$0")/../../image/lib/common.sh"
. "$image_dir/lib/host-tools.sh"
need_root
ensure_host_packages "${host_packages[@]}" qemu-system-arm qemu-efi-aarch64 openssh-client systemd mosquitto-clients curl
image="${KUIPER_IMAGE:-}"
if [ -z "$image" ]; then
  "$image_dir/build.sh"
  image="$out_dir/kuiper-gateway_${version}_arm64.img"
fi
exec "$repo_dir/node_modules/node/bin/node" "$repo_dir/test/image/main.ts" "$image" "$@"
