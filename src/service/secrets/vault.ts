// Seals and opens texts with the ring of keys that is in effect. One object for the whole gateway; `rekey` puts another ring in its place.
// Used by sealed-table.ts.
import { type KeyRing, newSealKey, openText, sealedWith, sealText } from '../../base/seal.ts';

export interface Vault {
  seal(text: string, context: string): string;
  /** @throws GatewayError SECRET_SEALED */
  open(sealed: string, context: string): string;
  /** True when it was sealed with the key that seals now. */
  isCurrent(sealed: string): boolean;
  /** A new key in front of the old ones, kept before it is used. @param own false: the key is not ours to change (systemd's credentials) */
  turn(): void;
  /** Forgets all keys but the first. */
  forgetOld(): void;
  readonly keyId: string;
}

export interface VaultOptions {
  ring: KeyRing;
  /** Keeps the ring. Absent: the keys come from outside, where somebody changes them. @throws when it cannot be written */
  keep?(ring: KeyRing): void;
}

export function createVault({ ring: first, keep }: VaultOptions): Vault {
  let ring = first;
  return {
    seal: (text, context) => sealText(ring[0]!, text, context),
    open: (sealed, context) => openText(ring, sealed, context),
    isCurrent: (sealed) => sealedWith(sealed) === ring[0]!.id,
    turn() {
      if (!keep) return;
      const next = [newSealKey(), ...ring];
      keep(next);
      ring = next;
    },
    forgetOld() {
      if (!keep) return;
      keep(ring.slice(0, 1));
      ring = ring.slice(0, 1);
    },
    get keyId() {
      return ring[0]!.id;
    },
  };
}
