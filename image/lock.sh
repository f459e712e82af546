#!/bin/bash
# make image-lock: resolves the packages of all layers today and writes the lock (name=version sha256).
# The lock decides what an image holds; build.sh never asks for anything that is not in it. Next file: lib/debs.sh.
. "$(dirname "$0")/lib/common.sh"
. "$image_dir/lib/host-tools.sh"
. "$image_dir/lib/apt-arm64.sh"

mkdir -p "$image_dir/lock"
apt_arm64_init
mapfile -t wanted < <(clean_lines "$image_dir"/layers/*/packages | sort -u)
# A minbase system is its Essential and required packages, then ours; apt simulates the whole on an empty status file.
mapfile -t base < <(apt-cache "${apt_opts[@]}" dumpavail | awk '/^Package: /{p=$2} /^Essential: yes/||/^Priority: required/{print p}' | sort -u)
say "resolving ${#wanted[@]} packages of the layers and ${#base[@]} of the base"
plan="$cache_dir/lock-plan.txt"
apt-get "${apt_opts[@]}" install --yes --print-uris "${base[@]}" apt "${wanted[@]}" >"$plan" 2>"$plan.err" ||
  fail "the packages cannot be installed together: $(grep '^E:' "$plan.err" | head -n 3)"

names="$cache_dir/lock-names.txt"
{
  sed -n "s/^'[^']*' \([^_ ]*\)_.*/\1/p" "$plan"
  clean_lines "$image_dir/lock/unpacked-packages" # boot files for the FAT and GRUB's modules, never installed
} | sort -u >"$names"
{
  echo "# Every package of the image: name=version sha256. Written by make image-lock; do not edit."
  # apt prints only weak hashes with its plan: take the candidate's SHA256 from the lists.
  xargs -a "$names" -n 50 apt-cache "${apt_opts[@]}" show --no-all-versions |
    awk '/^Package: /{p=$2} /^Version: /{v=$2} /^SHA256: /{print p "=" v, $2}' | sort -u
} >"$image_dir/lock/packages.lock.new"
count="$(grep -vc '^#' "$image_dir/lock/packages.lock.new")"
[ "$count" -gt 100 ] || fail "only $count packages resolved, see $plan"
mv "$image_dir/lock/packages.lock.new" "$image_dir/lock/packages.lock"
say "lock/packages.lock: $count packages"
