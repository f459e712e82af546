chroot_run systemctl enable --quiet kuiper-first-boot.service kuiper-provision.service kuiper-content.service
