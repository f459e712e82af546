// Certificates as the owner sees them: whose, until when, who uses them, and what is wrong.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listCertificates } from '../../src/service/certificates.ts';
import { makeTlsFiles } from '../helpers/tls-files.ts';

let etc: string;
beforeAll(() => {
  etc = mkdtempSync(join(tmpdir(), 'kuiper-certificates-'));
  mkdirSync(join(etc, 'certs'));
  makeTlsFiles(join(etc, 'certs'));
});
afterAll(() => rmSync(etc, { recursive: true, force: true }));
const listed = (named: Parameters<typeof listCertificates>[1] = [], nowMs = Date.now()) => listCertificates(etc, named, nowMs);
const of = (file: string, ...rest: Parameters<typeof listed>) => listed(...rest).find((c) => c.file === file)!;

// @covers issue:23#1
describe('certificates', () => {
  test('of the folder are listed without their keys', () => {
    const files = listed().map((c) => c.file);
    expect(files).toEqual(expect.arrayContaining(['certs/ca.crt', 'certs/good.crt', 'certs/expired.crt']));
    expect(of('certs/ca.crt')).toMatchObject({ subject: 'CN=test ca', issuer: 'CN=test ca', isAuthority: true, usedBy: [] });
    expect(JSON.stringify(listed())).not.toContain('PRIVATE');
  });

  test('that ended, end soon or have not begun say so', () => {
    const good = of('certs/good.crt');
    const day = 86_400_000;
    expect(of('certs/expired.crt').problems).toEqual([expect.stringMatching(/^It ended on \d{4}-\d\d-\d\d\.$/)]);
    expect(of('certs/good.crt', [], good.untilMs - 10 * day + 1).problems).toEqual([expect.stringMatching(/, in 9 days\.$/)]);
    expect(of('certs/good.crt', [], good.untilMs + 1).problems).toEqual([expect.stringContaining('It ended')]);
    expect(of('certs/good.crt', [], good.fromMs - 1).problems[0]).toContain('Is the clock right?');
  });

  test('that a setting names say which, and whether the key is theirs', () => {
    const setting = 'basic.restTls.certfile';
    const file = 'certs/good.crt';
    expect(of(file, [{ setting, file, keyFile: 'certs/good.key' }]).usedBy).toEqual([setting]);
    expect(of(file, [{ setting, file, keyFile: 'certs/good.key' }]).problems.filter((p) => p.startsWith(setting))).toEqual([]);
    expect(of(file, [{ setting, file, keyFile: 'certs/client.key' }]).problems).toContain(
      `${setting}: the key is not the one of the certificate.`,
    );
    expect(of(file, [{ setting, file, keyFile: 'certs/none.key' }]).problems).toContainEqual(
      expect.stringContaining(`${setting}: the key cannot be read`),
    );
  });

  test('that cannot be read are said, each by itself', () => {
    writeFileSync(join(etc, 'torn.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    writeFileSync(join(etc, 'text.pem'), 'hello');
    expect(of('torn.pem').problems).toEqual([expect.stringContaining('It is damaged')]);
    expect(of('text.pem')).toBeUndefined();
    const named = (file: string) => [{ setting: 'fleet.tls.ca', file }];
    expect(of('text.pem', named('text.pem')).problems).toEqual([expect.stringContaining('no certificate in it')]);
    expect(of('gone.pem', named('gone.pem')).problems).toEqual([expect.stringContaining('cannot be read')]);
    expect(listCertificates(join(etc, 'nowhere'), [], 0)).toEqual([]);
  });
});
