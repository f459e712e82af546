// Secrets at rest: texts are sealed with AES-256-GCM under the key of the device, each for the one place where it stands (its context), so that a sealed
// text that is moved elsewhere cannot be opened. The first key of the ring seals; the others still open what was sealed with them (rotation).
// Used by service/secrets; the key itself comes from config/device-key.ts.
import { GatewayError, messageOf } from './errors/gateway-error.ts';
import { nodeCrypto } from './node-builtins.ts';

export interface SealKey {
  /** First 8 hex digits of the key's SHA-256: tells keys apart and gives nothing away. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** First key: seals. */
export type KeyRing = readonly SealKey[];

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD = 'sealed1';

export function newSealKey(): SealKey {
  return sealKeyOf(nodeCrypto().randomBytes(KEY_BYTES));
}

export function sealKeyOf(bytes: Buffer): SealKey {
  return { id: nodeCrypto().createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

/** @param text one key a line in base64; empty lines and lines with # are left out
 *  @throws Error naming the line that is no key */
export function parseKeyRing(text: string): SealKey[] {
  const keys: SealKey[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const bytes = Buffer.from(line, 'base64');
    if (bytes.length !== KEY_BYTES) throw new Error(`line ${i + 1} is no key: expected ${KEY_BYTES} bytes in base64`);
    keys.push(sealKeyOf(bytes));
  }
  return keys;
}

export function printKeyRing(keys: KeyRing): string {
  return `# Key of this device: seals its secrets. Keep it out of copies of the data folder.\n${keys.map((k) => k.bytes.toString('base64')).join('\n')}\n`;
}

/** @param context the place of the text, e.g. `rule/r1` */
export function sealText({ id, bytes }: SealKey, text: string, context: string): string {
  const nonce = nodeCrypto().randomBytes(NONCE_BYTES);
  const cipher = nodeCrypto().createCipheriv('aes-256-gcm', bytes, nonce);
  cipher.setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [HEAD, id, Buffer.concat([nonce, data, cipher.getAuthTag()]).toString('base64')].join('.');
}

/** @throws GatewayError SECRET_SEALED: another device's, damaged, or from another place */
export function openText(keys: KeyRing, sealed: string, context: string): string {
  const [head, id, body] = sealed.split('.');
  const refuse = (reason: string, cause?: unknown) => new GatewayError('SECRET_SEALED', { place: context, reason }, { cause });
  if (head !== HEAD || body === undefined) throw refuse('it is not in the form that this version knows');
  const key = keys.find((k) => k.id === id);
  if (!key) throw refuse(`it was sealed with the key ${id}, which this device does not have`);
  const bytes = Buffer.from(body, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw refuse('it is damaged');
  try {
    const decipher = nodeCrypto().createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch (error) {
    throw refuse(`it is damaged (${messageOf(error)})`, error);
  }
}

/** Id of the key that a sealed text needs. */
export const sealedWith = (sealed: string): string => sealed.split('.')[1] ?? '';
