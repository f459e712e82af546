chroot_run systemctl enable --quiet kuiper-first-boot.service kuiper-provision.service kuiper-content.service kuiper-certificate.path kuiper-certificate.timer kuiper-keep-log.timer
