#!/bin/bash
# make qemu: boots the built image with a console on this terminal. Ctrl-A x ends it. KEY=file.pub puts an SSH key on it.
# The disk is a copy under image/.cache/qemu; remove it for a fresh first boot.
. "$(dirname "$0")/lib/common.sh"
. "$image_dir/lib/host-tools.sh"
ensure_host_packages qemu-system-arm qemu-efi-aarch64 mtools
image="$out_dir/kuiper-gateway_${version}_arm64.img"
[ -e "$image" ] || fail "there is no image yet: make image"
disk="$cache_dir/qemu/disk.img"
mkdir -p "$cache_dir/qemu"
if [ ! -e "$disk" ]; then
  cp --sparse=always "$image" "$disk" && truncate -s 4G "$disk"
  if [ -n "${KEY:-}" ]; then
    printf 'ssh:\n  keys:\n    - %s\n' "$(cat "$KEY")" >"$cache_dir/qemu/gateway.yaml"
    mcopy -o -i "$disk@@1M" "$cache_dir/qemu/gateway.yaml" ::gateway.yaml
  fi
fi
say "ssh -p 2222 kuiper@127.0.0.1; MQTT over TLS on port 8883"
exec qemu-system-aarch64 -M virt -accel tcg,thread=multi -cpu cortex-a72 -smp 2 -m 1024 -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd -nodefaults -display none \
  -serial mon:stdio -drive "if=none,file=$disk,format=raw,id=d0" -device virtio-blk-pci,drive=d0,bootindex=0 \
  -netdev user,id=n0,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=tcp:127.0.0.1:8883-:8883 -device virtio-net-pci,netdev=n0,romfile= -device virtio-rng-pci
