// Bundles made and signed by a real RAUC, and what a real RAUC says to broken ones: each as our error. No D-Bus is needed: installing is the image test's.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRauc, errorOf, type Rauc } from '../../../src/system/update/rauc.ts';
import { havePart } from '../../helpers/parts.ts';

const haveRauc = [havePart('rauc', 'rauc'), havePart('mksquashfs', 'squashfs-tools'), havePart('openssl', 'openssl')].every(Boolean);
const NOW = Date.UTC(2026, 11, 1, 12);

describe('what RAUC says', () => {
  it.each([
    [
      "LastError: Compatible mismatch: Expected 'a' but bundle manifest has 'b'",
      'UPDATE_OTHER_BOARD',
      'The bundle is for b, this device is a',
    ],
    [
      'LastError: Installation error: Failed updating slot rootfs.1: failed to copy data: Input/output error',
      'UPDATE_DAMAGED',
      /Input\/output error/,
    ],
    [
      'signature verification failed: Verify error: certificate has expired',
      'UPDATE_CERTIFICATE_TIME',
      /not valid on 2026-12-01 12:00: .*certificate has expired/,
    ],
    ['signature verification failed: Verify error: certificate is not yet valid', 'UPDATE_CERTIFICATE_TIME', /not yet valid/],
    [
      'rauc-Message: 1: Reading\n 40% Checking\nLastError: Installation error: No space left on device',
      'UPDATE_FAILED',
      'The update could not be installed: Installation error: No space left on device',
    ],
    ['', 'UPDATE_FAILED', /RAUC gave no reason/],
  ])('%j is %s', (text, code, message) => {
    const error = errorOf(text, NOW);
    expect(error.code).toBe(code);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });
});

describe.runIf(haveRauc)('a real RAUC', () => {
  let dir: string;
  let rauc: Rauc;
  const keysOf = (name: string) => join(dir, name);

  function makeKeys(name: string) {
    execFileSync(resolve('image/lib/update-keys.sh'), [], {
      env: { ...process.env, KUIPER_UPDATE_KEYS: keysOf(name), KUIPER_IMAGE_CACHE: join(dir, 'cache'), KUIPER_IMAGE_OUT: join(dir, 'out') },
      stdio: 'ignore',
    });
  }
  function bundle(
    name: string,
    keys: string,
    { compatible = 'kuiper-gateway-arm64', version = '2.0.0', cert = 'signer.pem' } = {},
  ): string {
    const content = join(dir, `${name}-content`);
    mkdirSync(content);
    writeFileSync(join(content, 'rootfs.img'), randomBytes(200_000));
    writeFileSync(
      join(content, 'manifest.raucm'),
      `[update]\ncompatible=${compatible}\nversion=${version}\n[bundle]\nformat=verity\n[image.rootfs]\nfilename=rootfs.img\n`,
    );
    const file = join(dir, `${name}.raucb`);
    execFileSync('rauc', ['bundle', `--cert=${join(keysOf(keys), cert)}`, `--key=${join(keysOf(keys), 'signer.key')}`, content, file], {
      stdio: 'ignore',
    });
    return file;
  }

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'kuiper-rauc-'));
    for (const name of ['ours', 'theirs']) makeKeys(name);
    const config = join(dir, 'rauc.conf');
    const ours = readFileSync('image/layers/30-boot/overlay/usr/lib/kuiper/rauc.conf', 'utf8');
    writeFileSync(
      config,
      ours.replace('/usr/lib/kuiper/update-keyring.pem', join(keysOf('ours'), 'keyring.pem')).replace('/data/rauc', dir),
    );
    rauc = createRauc({ config, now: () => NOW });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  // @covers issue:17#1
  it('takes a bundle that was signed with our key, and tells its version', async () => {
    expect(await rauc.info(bundle('good', 'ours'))).toEqual({ compatible: 'kuiper-gateway-arm64', version: '2.0.0' });
  });

  // @covers issue:17#1
  it('refuses one of another key', async () => {
    await expect(rauc.info(bundle('foreign', 'theirs'))).rejects.toMatchObject({ code: 'UPDATE_SIGNATURE' });
  });

  it('refuses one whose certificate has expired, or is not valid yet', async () => {
    for (const [name, from, to, word] of [
      ['expired', '20200101000000Z', '20210101000000Z', 'expired'],
      ['early', '21000101000000Z', '21100101000000Z', 'not yet valid'],
    ] as const) {
      const keys = keysOf('ours');
      writeFileSync(join(dir, 'index.txt'), '');
      writeFileSync(join(dir, 'serial'), `0${name.length}`);
      writeFileSync(
        join(dir, 'ca.cnf'),
        `[ca]\ndefault_ca=d\n[d]\ndatabase=${dir}/index.txt\nserial=${dir}/serial\nnew_certs_dir=${dir}\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n`,
      );
      execFileSync('openssl', ['req', '-new', '-key', join(keys, 'signer.key'), '-subj', `/CN=${name}`, '-out', join(dir, 'r.csr')], {
        stdio: 'ignore',
      });
      execFileSync(
        'openssl',
        [
          'ca',
          '-batch',
          '-config',
          join(dir, 'ca.cnf'),
          '-cert',
          join(keys, 'keyring.pem'),
          '-keyfile',
          join(keys, 'authority.key'),
          '-startdate',
          from,
          '-enddate',
          to,
          '-in',
          join(dir, 'r.csr'),
          '-out',
          join(keys, `${name}.pem`),
          '-notext',
        ],
        { stdio: 'ignore' },
      );
      await expect(rauc.info(bundle(name, 'ours', { cert: `${name}.pem` })), name).rejects.toMatchObject({
        code: 'UPDATE_CERTIFICATE_TIME',
        message: expect.stringContaining(word),
      });
    }
  });

  it('refuses what is cut anywhere, empty, or no bundle', async () => {
    const whole = bundle('whole', 'ours');
    const size = readFileSync(whole).length;
    const cut = join(dir, 'cut.raucb');
    for (const bytes of [0, 100, Math.floor(size / 2), size - 1]) {
      copyFileSync(whole, cut);
      truncateSync(cut, bytes);
      await expect(rauc.info(cut), `${bytes} bytes`).rejects.toMatchObject({ code: 'UPDATE_DAMAGED' });
    }
  });

  it('refuses one whose signed part was changed', async () => {
    const bytes = readFileSync(bundle('changed', 'ours'));
    const at = bytes.indexOf('version=2.0.0', bytes.length - 3000);
    expect(at).toBeGreaterThan(0);
    bytes[at + 8] = 0x33;
    const file = join(dir, 'other-version.raucb');
    writeFileSync(file, bytes);
    await expect(rauc.info(file)).rejects.toMatchObject({ code: expect.stringMatching(/UPDATE_(SIGNATURE|DAMAGED)/) });
  });

  it('that is not there, or has no key to check with, is an error that says so', async () => {
    await expect(createRauc({ config: '/none', program: join(dir, 'no-rauc'), now: () => NOW }).info('x')).rejects.toMatchObject({
      code: 'UPDATE_FAILED',
    });
  });
});
