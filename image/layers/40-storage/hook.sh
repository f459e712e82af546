chroot_run systemctl enable --quiet kuiper-grow-data.service
