# The package itself, then the person's user: key only (no password can be right), service control and log without root.
cp "$out_dir/$deb_name" "$root/tmp/gateway.deb"
chroot_run dpkg --install /tmp/gateway.deb
rm -f "$root/tmp/gateway.deb"
chroot_run useradd --uid 1000 --gid kuiper --groups systemd-journal --no-create-home --home-dir /home/kuiper --shell /bin/bash --password '*' kuiper
# The MQTT listener: a user that owns nothing but its journal.
chroot_run groupadd --system --gid 974 kuiper-mqtt
chroot_run useradd --system --uid 974 --gid kuiper-mqtt --no-create-home --home-dir / --shell /usr/sbin/nologin kuiper-mqtt
chroot_run systemctl enable --quiet kuiper-mqtt.service
printf '%s\n' "$image_version" >"$root/usr/lib/kuiper/VERSION"
mkdir -p "$root/etc/systemd/system/kuiper.service.d"
printf '[Unit]\n# Secrets of the device come first.\nRequires=kuiper-first-boot.service\nAfter=kuiper-first-boot.service kuiper-mqtt.service\n' \
  >"$root/etc/systemd/system/kuiper.service.d/device.conf"
# The compile cache is per user id: provisioning (root) and the command line (kuiper) use the service's.
for uid in 0 974 1000; do
  for tag in "$root"/opt/kuiper/lib/compile-cache/*-970; do ln -s "$(basename "$tag")" "${tag%-970}-$uid"; done
done
