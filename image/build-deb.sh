#!/bin/bash
# make deb: kuiper-gateway_<version>_<arch>.deb for amd64 and arm64 (or only the architectures given as arguments).
# Needs apt and npm only; what was downloaded or compiled once stays in image/.cache. Layout: docs/adr/0030-package-layout.md.
# Next file: lib/program.sh (what goes into /opt/kuiper/lib), ../systemd (unit, users, folders, polkit).
. "$(dirname "$0")/lib/common.sh"
for part in host-tools program; do . "$image_dir/lib/$part.sh"; done


build_deb() {
  local arch="$1" stage="$cache_dir/deb-$1" size
  rm -rf "$stage" && mkdir -p "$stage"/{DEBIAN,usr/bin,usr/lib/systemd/system,usr/lib/sysusers.d,usr/lib/tmpfiles.d,usr/lib/udev/rules.d,usr/share/polkit-1/rules.d}
  mkdir -p "$stage"/usr/share/doc/kuiper-gateway "$stage"/opt/kuiper/{data,log,plugins/{sources,sinks,functions},etc/{sources,sinks,functions}}
  stage_program "$arch" "$stage/opt/kuiper/lib"
  cp -r "$repo_dir/etc/." "$stage/opt/kuiper/etc/"
  install -m 644 "$repo_dir"/systemd/kuiper.service "$repo_dir"/systemd/kuiper-{plugins,installer}{.socket,@.service} "$stage/usr/lib/systemd/system/"
  install -m 644 "$repo_dir/systemd/kuiper.sysusers" "$stage/usr/lib/sysusers.d/kuiper.conf"
  install -m 644 "$repo_dir/systemd/kuiper.tmpfiles" "$stage/usr/lib/tmpfiles.d/kuiper.conf"
  install -m 644 "$repo_dir/systemd/60-kuiper.rules" "$stage/usr/lib/udev/rules.d/60-kuiper.rules"
  install -m 644 "$repo_dir/systemd/50-kuiper.rules" "$stage/usr/share/polkit-1/rules.d/50-kuiper.rules"
  install -m 755 "$repo_dir/systemd/deb/kuiper" "$repo_dir/systemd/deb/kuiperd" "$stage/usr/bin/"
  install -m 644 "$repo_dir/systemd/deb/copyright" "$stage/usr/share/doc/kuiper-gateway/copyright"
  "$repo_dir/node_modules/node/bin/node" "$repo_dir/scripts/docs-site.ts" "$stage/usr/share/doc/kuiper-gateway/html" >/dev/null || fail "the documentation was not made"
  mkdir -p "$stage/usr/share/man/man1"
  gzip -9n < "$repo_dir/docs/man/kuiper.1" > "$stage/usr/share/man/man1/kuiper.1.gz"
  find "$stage/usr/share/doc/kuiper-gateway/html" -type f -exec chmod 644 {} +
  install -m 755 "$repo_dir"/systemd/deb/{postinst,prerm,postrm} "$stage/DEBIAN/"
  # Defaults that a person may edit: dpkg asks before it replaces a changed one.
  (cd "$stage" && find opt/kuiper/etc -type f | LC_ALL=C sort | sed 's,^,/,') >"$stage/DEBIAN/conffiles"
  find "$stage" -type d -exec chmod 755 {} +
  size="$(du -sk --apparent-size "$stage" | cut -f1)"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" "$repo_dir/systemd/deb/control" >"$stage/DEBIAN/control"
  (cd "$stage" && find opt usr -type f | LC_ALL=C sort | tr '\n' '\0' | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
  find "$stage" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zzstd -z9 --build "$stage" "$out_dir/kuiper-gateway_${version}_$arch.deb" >/dev/null
  say "out/kuiper-gateway_${version}_$arch.deb: $(du -m "$out_dir/kuiper-gateway_${version}_$arch.deb" | cut -f1) MB"
}

ensure_host_packages dpkg-dev gcc g++ make python3 binutils crossbuild-essential-arm64 qemu-user-static binfmt-support zstd
ensure_binfmt
[ $# -gt 0 ] || set -- amd64 arm64
for arch in "$@"; do build_deb "$arch"; done
