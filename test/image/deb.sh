#!/bin/bash
# Life of the amd64 package in a throw-away root: install, run, upgrade (data kept, changed settings kept), remove, purge (clean).
# Called by campaign.sh and by hand; needs root. The root is an overlay over the tools chroot and vanishes with its namespace.
# KUIPER_DEB_BEFORE=FILE: the package of an older version runs first, and the upgrade from it must name every default that changed.
. "$(dirname "$0")/../../image/lib/common.sh"
. "$image_dir/lib/host-tools.sh"
need_root
ensure_host_packages "${host_packages[@]}"
ensure_tools_chroot
deb="$out_dir/kuiper-gateway_${version}_amd64.deb"
[ -e "$deb" ] || "$image_dir/build-deb.sh" amd64

work="$cache_dir/deb-test"
rm -rf "$work" && mkdir -p "$work"
cp "$deb" "$work/one.deb"
# The same package with a higher version and one changed default.
dpkg-deb -R "$deb" "$work/two" && sed -i "s/^Version: .*/Version: $version+1/" "$work/two/DEBIAN/control"
echo '# new default' >>"$work/two/opt/kuiper/etc/mqtt_source.yaml"
dpkg-deb --root-owner-group -Znone --build "$work/two" "$work/two.deb" >/dev/null && rm -rf "$work/two"

[ -z "${KUIPER_DEB_BEFORE:-}" ] || cp "$KUIPER_DEB_BEFORE" "$work/before.deb"
sed -n "s/^    keep: '\(.*\)',$/\1/p; s/.* keep: '\(.*\)' },$/\1/p" "$repo_dir/src/daemon/changed-defaults.ts" >"$work/changed-defaults"

cat >"$work/steps.sh" <<'STEPS'
set -eu
fail() { echo "deb: FAIL $*"; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update >/dev/null && apt-get -qq install -y --no-install-recommends libatomic1 libstdc++6 systemd udev >/dev/null 2>&1
# It runs as the service's user on the installed root, and stops.
run_once() {
  setpriv --reuid kuiper-gw --regid kuiper-gw --init-groups kuiperd --root /opt/kuiper >/tmp/log 2>&1 & pid=$!
  i=0; until grep -q 'restful api on' /tmp/log; do i=$((i + 1)); [ $i -lt 600 ] || fail "it does not start: $(cat /tmp/log)"; sleep 0.1; done
  kill $pid; wait $pid || fail "it did not stop cleanly"
}
if [ -e /packages/before.deb ]; then
  dpkg -i /packages/before.deb >/dev/null
  run_once
  dpkg --force-confold -i /packages/one.deb >/dev/null 2>&1 || fail "upgrade from the older version"
  run_once
  while read -r keep; do grep -qF "$keep" /tmp/log || fail "the upgrade does not name: $keep"; done </packages/changed-defaults
  run_once
  if grep -q 'Defaults have changed' /tmp/log; then fail "changed defaults are named again"; fi
  dpkg -P kuiper-gateway >/dev/null
  echo "deb: the upgrade from the older version names $(grep -c . /packages/changed-defaults) defaults"
fi
dpkg -i /packages/one.deb >/dev/null
id kuiper-gw >/dev/null || fail "no service user"
id kuiper-plugin >/dev/null || fail "no user of plugin hosts"
[ "$(id -nG kuiper-plugin | tr ' ' '\n' | grep -c '^kuiper')" = 1 ] || fail "the user of plugin hosts is in a group of the gateway"
[ -L /etc/systemd/system/sockets.target.wants/kuiper-plugins.socket ] || fail "the socket of plugin hosts is not enabled"
[ "$(stat -c %U:%G:%a /opt/kuiper/plugins/functions)" = kuiper-install:kuiper:2775 ] || fail "rights of plugins/functions"
[ -L /etc/systemd/system/multi-user.target.wants/kuiper.service ] || fail "the service is not enabled"
kuiper --help >/dev/null || fail "kuiper is not in PATH"
if systemd-analyze verify /usr/lib/systemd/system/kuiper.service 2>&1 | grep -i kuiper >/tmp/verify; then fail "the unit has faults: $(cat /tmp/verify)"; fi
run_once
ls /opt/kuiper/data | grep -q . || fail "it wrote no data"
echo user >/opt/kuiper/plugins/functions/mine.ts
echo '# mine' >>/opt/kuiper/etc/kuiper.yaml
before=$(find /opt/kuiper/data -type f | sort | md5sum)
dpkg --force-confold -i /packages/two.deb >/dev/null 2>&1 || fail "upgrade"
[ "$(find /opt/kuiper/data -type f | sort | md5sum)" = "$before" ] || fail "the upgrade touched data"
[ -e /opt/kuiper/plugins/functions/mine.ts ] || fail "the upgrade took a plugin away"
grep -q '# mine' /opt/kuiper/etc/kuiper.yaml || fail "the upgrade took a setting away"
grep -q 'new default' /opt/kuiper/etc/mqtt_source.yaml || fail "the upgrade did not renew an unchanged default"
dpkg -r kuiper-gateway >/dev/null
[ -e /opt/kuiper/plugins/functions/mine.ts ] && grep -q '# mine' /opt/kuiper/etc/kuiper.yaml || fail "removal took data away"
dpkg -P kuiper-gateway >/dev/null
[ ! -e /opt/kuiper ] || fail "purge left: $(find /opt/kuiper | head)"
echo "deb: install, run, upgrade, remove, purge hold"
STEPS
tmp="$work/overlay"
mkdir -p "$tmp" "$work/merged"
unshare --mount --propagation private -- /bin/sh -c 'set -e
  mount -t tmpfs tmpfs "$2"; mkdir "$2/up" "$2/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/up,workdir=$2/work" "$3"
  mkdir -p "$3/packages"; mount --bind "$4" "$3/packages"; mount -t proc proc "$3/proc"; mount --bind /dev "$3/dev"; cp /etc/resolv.conf "$3/etc/resolv.conf"
  exec chroot "$3" /bin/sh /packages/steps.sh' sh "$tools_dir" "$tmp" "$work/merged" "$work"
rm -rf "$work"
