chroot_run systemctl enable --quiet systemd-networkd.service systemd-resolved.service nftables.service iwd.service
# Nothing waits for a network: the gateway has to work without one.
mask systemd-networkd-wait-online.service
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
