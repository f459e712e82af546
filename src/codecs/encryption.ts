// `encryption: aes` of sinks. Layouts as eKuiper's: cfb = 16-byte IV + ciphertext; gcm without aad = 12-byte nonce + ciphertext + tag; gcm with aad =
// tag + ciphertext (the receiver knows the nonce). Key: basic.aesKey.
import { nodeCrypto } from '../base/node-builtins.ts';

export interface EncryptionProps {
  mode?: unknown;
  iv?: unknown;
  aad?: unknown;
  tagsize?: unknown;
}

export const NO_KEY = 'AES Key is not defined: set basic.aesKey in kuiper.yaml to the base64 of 16, 24 or 32 bytes';

const bytes = (what: string, v: unknown): Buffer | undefined => {
  if (v === undefined || v === null || v === '') return undefined;
  if (typeof v !== 'string') throw new Error(`encProps ${what} must be a base64 text`);
  return Buffer.from(v, 'base64');
};

/** @param key 16, 24 or 32 bytes  @throws Error that names what is missing or wrong */
export function createEncryptor(name: string, key: Uint8Array | undefined, props: EncryptionProps = {}): (data: Uint8Array) => Uint8Array {
  if (name.toLowerCase() !== 'aes') throw new Error(`encryptor '${name}' is not supported`);
  if (!key || key.length === 0) throw new Error(NO_KEY);
  if (![16, 24, 32].includes(key.length)) throw new Error(`basic.aesKey has ${key.length} bytes; AES takes 16, 24 or 32`);
  const bits = key.length * 8;
  const mode = props.mode === undefined || props.mode === '' ? 'gcm' : String(props.mode).toLowerCase();
  const iv = bytes('iv', props.iv);
  if (mode === 'cfb') {
    if (iv && iv.length !== 16) throw new Error(`encProps iv has ${iv.length} bytes; cfb takes 16`);
    return (data) => {
      const v = iv ?? nodeCrypto().randomBytes(16);
      const cipher = nodeCrypto().createCipheriv(`aes-${bits}-cfb` as 'aes-256-cfb', key, v);
      return Buffer.concat([v, cipher.update(data), cipher.final()]);
    };
  }
  if (mode !== 'gcm') throw new Error(`encProps mode '${mode}' is not supported; use gcm or cfb`);
  const aad = bytes('aad', props.aad);
  const tagSize = props.tagsize === undefined ? 16 : Number(props.tagsize);
  if (!Number.isInteger(tagSize) || tagSize < 12) throw new Error('encProps tagsize must be a whole number from 12 on');
  if (iv && iv.length !== 12) throw new Error(`encProps iv has ${iv.length} bytes; gcm takes 12`);
  if (aad && !iv) throw new Error('encProps aad needs iv: the nonce is not sent with the message');
  return (data) => {
    const nonce = iv ?? nodeCrypto().randomBytes(12);
    const cipher = nodeCrypto().createCipheriv(`aes-${bits}-gcm` as 'aes-256-gcm', key, nonce, { authTagLength: Math.min(tagSize, 16) });
    if (aad) cipher.setAAD(aad);
    const body = Buffer.concat([cipher.update(data), cipher.final()]);
    const tag = cipher.getAuthTag();
    if (!aad) return Buffer.concat([nonce, body, tag]);
    return Buffer.concat([tag, Buffer.alloc(Math.max(0, tagSize - tag.length)), body]);
  };
}
