# Host keys are made on the device's first boot (95-provision), never in the image.
rm -f "$root"/etc/ssh/ssh_host_*
find "$root/etc/systemd/system" -name sshd-keygen.service -delete
ln -sf /dev/null "$root/etc/systemd/system/sshd-keygen.service"
# Files of the login user are writable by its group, so that the gateway can replace them.
sed -i 's,^Subsystem[[:space:]]*sftp.*,Subsystem sftp /usr/lib/openssh/sftp-server -u 0002,' "$root/etc/ssh/sshd_config"
grep -q 'sftp-server -u 0002' "$root/etc/ssh/sshd_config" || fail "70-ssh: sshd_config has no Subsystem sftp line to change"
# One listener, port 22: no socket units, no listeners on vsock or local sockets made by systemd's generator.
mask ssh.socket
mkdir -p "$root/etc/systemd/system-generators"
ln -sf /dev/null "$root/etc/systemd/system-generators/systemd-ssh-generator"
chroot_run systemctl enable --quiet ssh.service
