// The file of a backup: a line that says what it is, a line of JSON that says how it is written, then the content (JSON, gzip), encrypted as a whole
// under a pass phrase (scrypt), for a recipient (X25519), or under the key of this device. The second line is authenticated with the content; its
// checksum finds a file that was cut before a pass phrase is asked for. Next: payload.ts, what the content is.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { nodeCrypto, nodeZlib } from '../../base/node-builtins.ts';
import type { Vault } from '../secrets/vault.ts';

/** Raised with every change of the content's form. */
export const FORMAT = 1;
/** The oldest program that understands what this one writes. */
const READABLE_FROM = 1;
const MAGIC = 'kuiper-backup\n';
const MAX_HEADER_BYTES = 64 * 1024;
const SCRYPT = { N: 32_768, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 128 * 1024 * 1024;
/** N · r · p that a header may ask of us: four times our own, half a second of work. */
const MAX_SCRYPT_WORK = 4 * SCRYPT.N * SCRYPT.r * SCRYPT.p;
const MAX_CONTENT_BYTES = 512 * 1024 * 1024;

/** How the content is protected. */
export type Protection =
  | { by: 'passphrase'; passphrase: string }
  /** @property publicKey X25519, PEM */
  | { by: 'recipient'; publicKey: string }
  | { by: 'device'; vault: Vault }
  /** Holds no secrets. */
  | { by: 'none' };

export interface Keys {
  passphrase?: string | undefined;
  /** X25519, PEM. */
  privateKey?: string | undefined;
  vault?: Vault | undefined;
}

export interface Header {
  format: number;
  readableFrom: number;
  createdAtMs: number;
  /** Version of the program. */
  gateway: string;
  gatewayId: string;
  /** Windows, offsets and queues are in it. */
  state: boolean;
  secrets: Protection['by'];
  scrypt?: { N: number; r: number; p: number; salt: string };
  /** Of the one key that was made for this file. */
  ephemeral?: string;
  /** Key of the content, sealed with that of the device. */
  sealedKey?: string;
  nonce?: string;
  /** Of the bytes that follow. */
  sha256: string;
}

export type HeaderFacts = Pick<Header, 'createdAtMs' | 'gateway' | 'gatewayId' | 'state'>;

const bad = (reason: string, cause?: unknown) => new GatewayError('BACKUP_FILE', { reason }, { cause });

export async function writeEnvelope(content: unknown, facts: HeaderFacts, protection: Protection): Promise<Buffer> {
  const crypto = nodeCrypto();
  const zipped = nodeZlib().gzipSync(Buffer.from(JSON.stringify(content)));
  const base = { format: FORMAT, readableFrom: READABLE_FROM, ...facts, secrets: protection.by };
  if (protection.by === 'none') return assemble({ ...base, sha256: '' }, () => zipped);
  const nonce = crypto.randomBytes(12);
  const { key, member } = await keyFor(protection);
  // the header is authenticated but for the checksum, which is that of the result
  const header: Header = { ...base, ...member, nonce: nonce.toString('base64'), sha256: '' };
  return assemble(header, (aad) => {
    const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(aad);
    return Buffer.concat([cipher.update(zipped), cipher.final(), cipher.getAuthTag()]);
  });
}

/** @throws GatewayError BACKUP_FILE */
export function readHeader(file: Buffer): { header: Header; body: Buffer } {
  if (file.subarray(0, MAGIC.length).toString() !== MAGIC) throw bad('it does not begin as one');
  const end = file.indexOf(10, MAGIC.length);
  if (end < 0 || end > MAX_HEADER_BYTES) throw bad('its header is cut');
  let header: Header;
  try {
    header = JSON.parse(file.subarray(MAGIC.length, end).toString()) as Header;
  } catch (error) {
    throw bad(`its header is damaged (${messageOf(error)})`, error);
  }
  if (typeof header !== 'object' || header === null) throw bad('its header is damaged');
  if (!Number.isInteger(header.readableFrom) || header.readableFrom > FORMAT)
    throw bad(
      `it was written by ${header.gateway ?? 'a later version'} in a form that this version does not know; update the gateway first`,
    );
  const body = file.subarray(end + 1);
  if (nodeCrypto().createHash('sha256').update(body).digest('hex') !== header.sha256)
    throw bad('its checksum does not fit: it is cut or damaged');
  return { header, body };
}

/** @throws GatewayError BACKUP_FILE: damaged, or the wrong key */
export async function readEnvelope(file: Buffer, keys: Keys): Promise<{ header: Header; content: unknown }> {
  const { header, body } = readHeader(file);
  let zipped = body;
  if (header.secrets !== 'none') {
    const key = await keyOf(header, keys);
    try {
      const decipher = nodeCrypto().createDecipheriv('aes-256-gcm', key, Buffer.from(header.nonce ?? '', 'base64'));
      decipher.setAAD(aadOf(header));
      decipher.setAuthTag(body.subarray(-16));
      zipped = Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]);
    } catch (error) {
      throw bad(header.secrets === 'passphrase' ? 'the pass phrase is wrong' : 'the key is not the one that it was written for', error);
    }
  }
  try {
    return { header, content: JSON.parse(nodeZlib().gunzipSync(zipped, { maxOutputLength: MAX_CONTENT_BYTES }).toString()) };
  } catch (error) {
    throw bad(`its content cannot be read (${messageOf(error)})`, error);
  }
}

const aadOf = (header: Header): Buffer => Buffer.from(JSON.stringify({ ...header, sha256: '' }));

function assemble(header: Header, encrypt: (aad: Buffer) => Buffer): Buffer {
  const body = encrypt(aadOf(header));
  const sha256 = nodeCrypto().createHash('sha256').update(body).digest('hex');
  return Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify({ ...header, sha256 })}\n`), body]);
}

async function keyFor(protection: Exclude<Protection, { by: 'none' }>): Promise<{ key: Buffer; member: Partial<Header> }> {
  const crypto = nodeCrypto();
  if (protection.by === 'passphrase') {
    const salt = crypto.randomBytes(16);
    return { key: await scrypt(protection.passphrase, salt, SCRYPT), member: { scrypt: { ...SCRYPT, salt: salt.toString('base64') } } };
  }
  if (protection.by === 'device') {
    const key = crypto.randomBytes(32);
    return { key, member: { sealedKey: protection.vault.seal(key.toString('base64'), 'backup') } };
  }
  let publicKey: import('node:crypto').KeyObject;
  try {
    publicKey = crypto.createPublicKey(protection.publicKey);
    if (publicKey.asymmetricKeyType !== 'x25519') throw new Error(`its type is ${publicKey.asymmetricKeyType}`);
  } catch (error) {
    throw new GatewayError('SERVICE_REFUSED', {
      text: `the key of the recipient is no public X25519 key in PEM (${messageOf(error)}); make a pair with: openssl genpkey -algorithm X25519 -out backup.key && openssl pkey -in backup.key -pubout -out backup.pub`,
    });
  }
  const pair = crypto.generateKeyPairSync('x25519');
  const ephemeral = pair.publicKey.export({ type: 'spki', format: 'der' });
  return { key: agree(pair.privateKey, publicKey, ephemeral), member: { ephemeral: ephemeral.toString('base64') } };
}

async function keyOf(header: Header, { passphrase, privateKey, vault }: Keys): Promise<Buffer> {
  const crypto = nodeCrypto();
  switch (header.secrets) {
    case 'passphrase': {
      if (!passphrase) throw bad('it is encrypted under a pass phrase, and none was given');
      const { N, r, p, salt } = header.scrypt ?? { N: 0, r: 0, p: 0, salt: '' };
      const fits =
        [N, r, p].every((n) => Number.isInteger(n) && n > 0) && N > 1 && Number.isInteger(Math.log2(N)) && N * r * p <= MAX_SCRYPT_WORK;
      if (!fits || typeof salt !== 'string') throw bad('its header is damaged (scrypt)');
      return scrypt(passphrase, Buffer.from(salt, 'base64'), { N, r, p });
    }
    case 'recipient': {
      if (!privateKey) throw bad('it is encrypted for a recipient, and no private key was given');
      try {
        const ephemeral = Buffer.from(header.ephemeral ?? '', 'base64');
        return agree(
          crypto.createPrivateKey(privateKey),
          crypto.createPublicKey({ key: ephemeral, type: 'spki', format: 'der' }),
          ephemeral,
        );
      } catch (error) {
        throw bad(`the private key does not fit (${messageOf(error)})`, error);
      }
    }
    case 'device': {
      if (!vault) throw bad('it was written for the device itself, whose key is not there');
      return Buffer.from(vault.open(header.sealedKey ?? '', 'backup'), 'base64');
    }
    default:
      throw bad(`its protection "${String(header.secrets)}" is not known`);
  }
}

function agree(own: import('node:crypto').KeyObject, other: import('node:crypto').KeyObject, ephemeral: Buffer): Buffer {
  const shared = nodeCrypto().diffieHellman({ privateKey: own, publicKey: other });
  return Buffer.from(nodeCrypto().hkdfSync('sha256', shared, ephemeral, 'kuiper-backup', 32));
}

function scrypt(passphrase: string, salt: Buffer, { N, r, p }: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    nodeCrypto().scrypt(passphrase.normalize('NFKC'), salt, 32, { N, r, p, maxmem: SCRYPT_MEMORY + 128 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}
