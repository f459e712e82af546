// The packed plugin for BACnet against a device that nobody here wrote (bacpypes3): the packed file by itself, and as an owner drops it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bacnet as BacnetSource } from '../../plugins/packages/bacnet/bacnet.ts';
import { type Packed, packPlugin } from '../../src/cli/plugin/pack.ts';
import { testSource } from '../../src/plugin-kit/testing.ts';
import { type PeerServer, spawnPeer } from '../connectors/modbus/spawn-peer.ts';
import { freePort } from '../helpers/free-port.ts';
import { haveFile } from '../helpers/parts.ts';
import { makePluginRoot, type PluginRoot, until } from '../plugins/helpers/plugin-root.ts';

const python = join(process.cwd(), '.cache/bacnet/bin/python');
const device = (port: number, ...more: string[]): Promise<PeerServer> =>
  spawnPeer('bacpypes3', python, [join(import.meta.dirname, 'peers/bacnet-device.py'), String(port), ...more]);
const points = ['v1=analog-value:1', 'v30=2:30', 'unit=analog-value:1.units', 'text=analog-value:1.description', 'pump=binary-value:1'];

describe.runIf(haveFile(python, 'bacpypes3'))('a BACnet device', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-bacnet-'));
  let several: PeerServer;
  let single: PeerServer;
  let port = 0;
  let singlePort = 0;
  let packed: Packed;
  let code = '';
  let Bacnet: typeof BacnetSource;
  let p: PluginRoot | undefined;
  beforeAll(async () => {
    packed = await packPlugin('plugins/packages/bacnet');
    code = packed.entries.find((e) => e.path === packed.file)!.content.toString();
    // nothing beside it: the folder has no packages
    const file = join(folder, packed.file);
    writeFileSync(file, code);
    ({ Bacnet } = (await import(pathToFileURL(file).href)) as { Bacnet: typeof BacnetSource });
    [port, singlePort] = [await freePort(), await freePort()];
    [several, single] = await Promise.all([device(port), device(singlePort, 'single')]);
  }, 40_000);
  afterAll(async () => {
    await p?.close();
    await Promise.all([several?.kill(), single?.kill()]);
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:15#4
  test('every kind of value arrives in one row; a point that is not there is null and named', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `n${i + 1}=analog-value:${i + 1}`);
    const more = [
      'flags=analog-value:1.status-flags',
      'id=device:77.object-identifier',
      'first=device:77.object-list[2]',
      'gone=analog-value:99',
    ];
    const s = await testSource(Bacnet, { props: { device: `127.0.0.1:${port}`, points: [...points, ...more, ...many] } });
    await s.open();
    await s.pull();
    await s.close();
    const row = s.rows[0]!;
    expect(row).toMatchObject({ v1: 1.5, v30: 30.5, unit: 62, text: 'Süd', pump: 1, id: 'device:77', gone: null });
    expect(row['flags']).toEqual([false, false, false, true]);
    expect(row['first']).toMatch(/^[a-z-]+:\d+$/);
    expect(Object.entries(row).filter(([k]) => /^n\d+$/.test(k))).toEqual(many.map((_, i) => [`n${i + 1}`, i + 1.5]));
    expect(row['errors']).toEqual({ gone: 'gone=analog-value:99: unknown object' });
  });

  test('a device that refuses to read several at a time is read one by one', async () => {
    const s = await testSource(Bacnet, { props: { device: `127.0.0.1:${singlePort}`, points: [...points, 'gone=analog-value:99'] } });
    await s.open();
    await s.pull();
    await s.pull();
    await s.close();
    expect(s.rows).toHaveLength(2);
    for (const row of s.rows)
      expect(row).toEqual({
        v1: 1.5,
        v30: 30.5,
        unit: 62,
        text: 'Süd',
        pump: 1,
        gone: null,
        errors: { gone: expect.stringContaining('BacnetError') },
      });
  });

  test('a device that is away is an error that names it, and an answer of another sender is none', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    let asked = 0;
    silent.on('message', (bytes, from) => {
      asked++;
      // an abort for this request, which would change how the device is read, from a stranger
      other.send(Buffer.from([0x81, 0x0a, 0x00, 0x09, 0x01, 0x00, 0x71, bytes[8]!, 0x04]), from.port, from.address);
    });
    const s = await testSource(Bacnet, { props: { device: `127.0.0.1:${silent.address().port}`, points, timeout: 300 } });
    await s.open();
    await expect(s.pull()).rejects.toThrow(`127.0.0.1:${silent.address().port} did not answer within 300 ms`);
    expect(asked).toBe(1);
    await s.close();
    expect(s.rows).toEqual([]);
    silent.close();
    other.close();
  });

  test.each([
    [{ device: 'plant.local' }, 'is not an IPv4 address'],
    [{ device: '10.0.0.1:0' }, 'is not an IPv4 address'],
    [{ points: [] }, 'points is empty'],
    [{ points: ['a=analog-value:1', 'a=analog-value:2'] }, 'column "a" is named twice'],
    [{ points: ['a=analogvalue:1'] }, 'analogvalue is no kind of object of BACnet'],
    [{ points: ['a=analog-value:1.value'] }, 'value is no property of BACnet'],
    [{ points: ['a=analog-value:4194303'] }, 'instances end at 4194302'],
    [{ points: ['analog-value:1'] }, 'is not a point'],
  ])('%j is refused', async (props, text) => {
    await expect(testSource(Bacnet, { props: { device: '10.0.0.1', points, ...props } })).rejects.toThrow(text);
  });

  // @covers issue:15#4
  test('packed, it is one file with its package and the licence texts, and runs as an owner drops it', async () => {
    expect(packed.file).toBe('bacnet@v1.0.0.mjs');
    const licences = packed.entries.find((e) => e.path === 'THIRD-PARTY-LICENSES.txt')!.content.toString();
    expect(licences).toContain('@bacnet-js/client 3.3.2');
    expect(code).not.toMatch(/from ['"]@bacnet-js/);
    p = makePluginRoot();
    await p.start();
    p.put('sources', packed.file, code);
    await p.daemon.call('PUT', '/metadata/sources/bacnet/confKeys/plant', { device: `127.0.0.1:${port}`, points, interval: 100 });
    await until('the plugin is live', async () => (await p!.describe('sources', 'bacnet').catch(() => undefined)) !== undefined);
    await p.stream('plant', 'bacnet', ', CONF_KEY="plant"');
    await p.rule('plant', 'SELECT v1 + 1 AS v, text FROM plant', [{ memory: { topic: 'plant' } }]);
    await until('rows', async () => {
      const status = await p!.get('/rules/plant/status');
      return Number(status['sink_memory_0_0_records_out_total']) > 2;
    });
  }, 60_000);
});
