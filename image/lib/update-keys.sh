#!/bin/bash
# make update-keys: an authority and a signer for update bundles, in image/.keys. The authority's certificate (keyring.pem) goes into every image that is
# built after it; whoever has signer.key can update these devices. Keep authority.key off this machine. RENEW=1 makes a new signer of the same authority.
. "$(dirname "$0")/common.sh"
keys="${KUIPER_UPDATE_KEYS:-$image_dir/.keys}"
umask 077
mkdir -p "$keys"
cd "$keys"
ec() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
if [ ! -s keyring.pem ]; then
  [ ! -e authority.key ] || fail "$keys/authority.key is there without keyring.pem; remove it, or bring its certificate back"
  ec authority.key
  # Dates are checked against the device's clock, which may be years behind a server that cannot be reached: valid for long, from the build's epoch on.
  openssl req -new -x509 -key authority.key -days 9125 -subj "/CN=${KUIPER_UPDATE_NAME:-Kuiper Gateway} updates" -addext 'basicConstraints=critical,CA:TRUE' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign' -out keyring.pem
  say "authority: $keys/authority.key (keep it elsewhere), its certificate for images: $keys/keyring.pem"
fi
if [ ! -s signer.pem ] || [ -n "${RENEW:-}" ]; then
  [ -s authority.key ] || fail "$keys/authority.key is not here: bring it back for this step"
  ec signer.key
  openssl req -new -key signer.key -subj "/CN=signer of $(date -u +%Y-%m-%d)" -out signer.csr
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection,codeSigning\n' >signer.ext
  openssl x509 -req -in signer.csr -CA keyring.pem -CAkey authority.key -set_serial "0x$(openssl rand -hex 16)" -days "${KUIPER_SIGNER_DAYS:-3650}" -extfile signer.ext -out signer.pem 2>/dev/null
  rm -f signer.csr signer.ext
  say "signer: $keys/signer.key, $keys/signer.pem, valid until $(openssl x509 -in signer.pem -noout -enddate | cut -d= -f2)"
fi
