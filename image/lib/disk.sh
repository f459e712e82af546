# The disk image without mounting anything: partitions as files, put at their offsets. Called by build.sh; next: sbom.ts.

# make_slot FILE: the root as read-only ext4. GRUB reads it; the same root gives the same bytes (mke2fs 1.47.2 or later).
make_slot() {
  rm -f "$1" && truncate -s "${KUIPER_SLOT_MIB}M" "$1"
  in_tools env "E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH" "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" \
    mke2fs -q -t ext4 -O '^has_journal,^orphan_file,^metadata_csum_seed' -m 0 -b 4096 -I 256 -N 49152 -U "$KUIPER_ROOT_UUID" \
    -E "hash_seed=$KUIPER_ROOT_HASH_SEED,lazy_itable_init=0,root_owner=0:0" -L kuiper-root -d "$root" "$1"
}

# make_data FILE: the empty data partition; it grows on first boot.
make_data() {
  rm -rf "$work/data" && mkdir -p "$work/data"
  touch -d "@$SOURCE_DATE_EPOCH" "$work/data"
  rm -f "$1" && truncate -s "${KUIPER_DATA_MIB}M" "$1"
  # resize: room for block groups of a 2 TB disk.
  in_tools env "E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH" "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" \
    mke2fs -q -t ext4 -m 1 -b 4096 -I 256 -i 16384 -J size=16 -U "$KUIPER_DATA_UUID" \
    -E "hash_seed=$KUIPER_DATA_HASH_SEED,lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0,resize=536870912" -L kuiper-data -d "$work/data" "$1"
}

# make_disk FILE: table and partitions.
make_disk() {
  rm -f "$1" && truncate -s "${KUIPER_DISK_MIB}M" "$1"
  sfdisk --quiet --no-reread --no-tell-kernel "$1" <"$image_dir/partitions/mbr-ab.sfdisk"
  local name at
  for name in boot:$KUIPER_BOOT_AT_MIB slot-a:$KUIPER_SLOT_A_AT_MIB data:$KUIPER_DATA_AT_MIB; do
    at="${name#*:}"
    dd if="$work/${name%:*}.img" of="$1" bs=1M "seek=$at" conv=notrunc,sparse status=none
  done
}
