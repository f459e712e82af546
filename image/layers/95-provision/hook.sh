chroot_run systemctl enable --quiet kuiper-first-boot.service
