# Shared by all image scripts: folders, epoch, mirror of the host's apt, messages.
# Sourced, never run. Caches live under image/.cache (or $KUIPER_IMAGE_CACHE), results under image/out.
# Next file to read: build.sh.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
image_dir="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
repo_dir="$(cd "$image_dir/.." && pwd)"
cache_dir="${KUIPER_IMAGE_CACHE:-$image_dir/.cache}"
out_dir="${KUIPER_IMAGE_OUT:-$image_dir/out}"
suite=trixie
mkdir -p "$cache_dir" "$out_dir"

# shellcheck disable=SC1091
. "$image_dir/config/build.env"
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$KUIPER_SOURCE_DATE_EPOCH}"

# Of what is built: package.json's, or that of the release which is made (scripts/release.ts).
version="${KUIPER_VERSION:-$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$repo_dir/package.json")}"
[ -n "$version" ] || { echo "image: error: package.json has no version" >&2; exit 1; }

say() { printf '%s image: %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
fail() { printf 'image: error: %s\n' "$*" >&2; exit 1; }
need_root() { [ "$(id -u)" = 0 ] || fail "$0 must run as root (mmdebstrap and chroot need it); use sudo make image"; }

# host_mirror CODENAME: the address that this machine's own apt uses for a Debian suite, so that no mirror is named here.
host_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $1" 2>/dev/null | head -n 1
}

# mirrors: sets main_mirror and security_mirror for the image's suite from the host's own suite.
mirrors() {
  local host
  # shellcheck disable=SC1091
  host="$(. /etc/os-release && printf %s "$VERSION_CODENAME")"
  main_mirror="${KUIPER_MIRROR:-$(host_mirror "$host")}"
  security_mirror="${KUIPER_SECURITY_MIRROR:-$(host_mirror "$host-security")}"
  [ -n "$main_mirror" ] || fail "apt knows no mirror for $host: run apt-get update, or set KUIPER_MIRROR to a Debian mirror"
  [ -n "$security_mirror" ] || fail "apt knows no mirror for $host-security: set KUIPER_SECURITY_MIRROR"
}

# clean_lines FILE...: the lines of data files without comments and blanks.
clean_lines() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^[[:space:]]*$/d' "$@"; }
