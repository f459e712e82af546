# What a headless arm64 gateway never loads: 150 MB. Last of all layers, since depmod must see the final modules.
modules="$(echo "$root"/usr/lib/modules/*)"
find "$root"/usr/lib/linux-image-*/ -mindepth 1 -maxdepth 1 ! -name broadcom -exec rm -rf {} +
rm -rf "$modules"/kernel/sound
for sub in gpu/drm/amd gpu/drm/nouveau gpu/drm/radeon gpu/drm/msm gpu/drm/i915 gpu/drm/xe gpu/drm/etnaviv gpu/drm/tegra gpu/drm/rockchip gpu/drm/mediatek \
  gpu/drm/exynos gpu/drm/panfrost gpu/drm/lima gpu/drm/hisilicon gpu/drm/bridge gpu/drm/panel media infiniband scsi/qla2xxx scsi/lpfc scsi/mpt3sas scsi/bfa \
  scsi/aacraid scsi/megaraid scsi/be2iscsi net/ethernet/mellanox net/ethernet/broadcom/bnx2x net/ethernet/chelsio net/ethernet/intel net/ethernet/qlogic \
  net/ethernet/netronome net/ethernet/cavium net/ethernet/huawei net/ethernet/hisilicon net/wireless/ath net/wireless/intel net/wireless/marvell \
  net/wireless/mediatek net/wireless/ralink net/wireless/realtek net/wireless/rsi net/wireless/ti net/wireless/st net/wireless/silabs staging isdn nvdimm \
  target iio firewire parport accel; do
  rm -rf "$modules/kernel/drivers/$sub"
done
for fs in afs ceph cifs coda gfs2 jfs nfs nfsd ocfs2 orangefs reiserfs smb smb/server ubifs jffs2 xfs btrfs 9p hfs hfsplus bcachefs minix nilfs2 ntfs3 f2fs ufs; do
  rm -rf "$modules/kernel/fs/$fs"
done
rm -rf "$root"/usr/share/{zsh,bash-completion,locale,pixmaps,icons,common-licenses/.x} "$root"/usr/lib/udev/hwdb.d "$root"/usr/lib/udev/hwdb.bin \
  "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/tmp/* "$root"/var/tmp/* "$root"/usr/share/doc/*/changelog*
chroot_run depmod -a "$(basename "$modules")"
