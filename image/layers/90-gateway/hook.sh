# The package itself, then the person's user: key only (no password can be right), service control and log without root.
cp "$out_dir/$deb_name" "$root/tmp/gateway.deb"
chroot_run dpkg --install /tmp/gateway.deb
rm -f "$root/tmp/gateway.deb"
chroot_run useradd --uid 1000 --gid kuiper --groups systemd-journal --no-create-home --home-dir /home/kuiper --shell /bin/bash --password '*' kuiper
mkdir -p "$root/etc/systemd/system/kuiper.service.d"
printf '[Unit]\n# Secrets of the device come first.\nRequires=kuiper-first-boot.service\nAfter=kuiper-first-boot.service\n' \
  >"$root/etc/systemd/system/kuiper.service.d/device.conf"
