# Installs what the build host lacks: packages, the arm64 binfmt, and a chroot with trixie's tools.
# Trixie's mke2fs honours SOURCE_DATE_EPOCH and its QEMU knows the Pi boards; bookworm's do not (docs/spec/image-facts.md).
# Called by build.sh, build-deb.sh and test/image; next file: apt-arm64.sh.

host_packages=(mmdebstrap arch-test qemu-user-static binfmt-support mtools dosfstools fdisk zstd device-tree-compiler dpkg-dev xz-utils ca-certificates)

# ensure_host_packages PACKAGE...: installs missing packages when root, else says what to install.
ensure_host_packages() {
  local missing=() p
  for p in "$@"; do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" = 0 ] || fail "these packages are missing: apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${missing[*]}"
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# ensure_binfmt: lets this machine run arm64 programs in chroots (flags PF, so no copy of qemu inside).
ensure_binfmt() {
  local entry=/proc/sys/fs/binfmt_misc/qemu-aarch64
  [ "$(uname -m)" = aarch64 ] && return 0
  [ -e "$entry" ] && return 0
  [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  update-binfmts --enable >/dev/null 2>&1 || update-binfmts --import qemu-aarch64
  [ -e "$entry" ] || fail "the arm64 emulation is not registered: install qemu-user-static and binfmt-support"
}

# ensure_tools_chroot: trixie amd64 tools under the cache; sets tools_dir.
ensure_tools_chroot() {
  tools_dir="$cache_dir/tools"
  local include=e2fsprogs,mtools,dosfstools,fdisk,grub-common,qemu-system-arm,qemu-efi-aarch64,u-boot-qemu,zstd,rauc,squashfs-tools
  local key; key="$(printf %s "$suite $include" | sha256sum | cut -c1-16)"
  [ "$(cat "$tools_dir/.key" 2>/dev/null || true)" = "$key" ] && return 0
  mirrors
  say "making the tools chroot (about 40 s)"
  rm -rf "$tools_dir.new"
  mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' \
    --include="${include///}" --components=main "$suite" "$tools_dir.new" \
    "deb $main_mirror $suite main" "deb $security_mirror $suite-security main"
  printf %s "$key" >"$tools_dir.new/.key"
  rm -rf "$tools_dir" && mv "$tools_dir.new" "$tools_dir"
}

# in_tools COMMAND...: runs a command in the tools chroot; the cache and out folders are seen at the same path.
in_tools() {
  local dir
  for dir in "$cache_dir" "$out_dir"; do mkdir -p "$tools_dir$dir"; done
  # A private mount namespace: nothing stays mounted when the command ends or is killed.
  unshare --mount --propagation private -- /bin/sh -c '
    set -e; tools=$1; cache=$2; out=$3; shift 3
    mount --bind "$out" "$tools$out"; mount --bind "$cache" "$tools$cache"
    mount -t proc proc "$tools/proc"; mount --bind /dev "$tools/dev"
    exec chroot "$tools" "$@"' sh "$tools_dir" "$cache_dir" "$out_dir" "$@"
}
