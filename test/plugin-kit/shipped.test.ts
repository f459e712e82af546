// The plugins that come along, with the harness that authors use: each option, each way out.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Calibrate } from '../../plugins/functions/calibrate.ts';
import { Email } from '../../plugins/sinks/email.ts';
import { Notify } from '../../plugins/sinks/notify.ts';
import { Sqlite } from '../../plugins/sinks/sqlite.ts';
import { Webhook } from '../../plugins/sinks/webhook.ts';
import { SystemInfo } from '../../plugins/sources/systemInfo.ts';
import { argFacts, testFunction, testSink, testSource, virtualClock } from '../../src/plugin-kit/testing.ts';

let root = '';
const requests: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
let status = 200;
let reply = '{}';
const http = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  requests.push({ path: request.url!, headers: request.headers, body });
  response.writeHead(status).end(reply);
});
let url = '';
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-shipped-'));
  mkdirSync(join(root, 'etc/functions/calibrate'), { recursive: true });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
});
afterAll(() => {
  http.close();
  rmSync(root, { recursive: true, force: true });
});

// @covers issue:15#4
test('calibrate puts straight lines between the points of a table, and reads it again when it changes', async () => {
  using clock = virtualClock(1_000_000);
  const file = join(root, 'etc/functions/calibrate/pump.csv');
  writeFileSync(file, 'raw,real\n4, 0\n12;5 # middle\n20 20\n');
  const f = testFunction(Calibrate, { rootPath: root });
  expect([4, 8, 12, 16, 20, 0, 24].map((raw) => f.exec(raw, 'pump'))).toEqual([0, 2.5, 5, 12.5, 20, -2.5, 27.5]);
  expect(f.exec(null, 'pump')).toBe(null);
  writeFileSync(file, '0,0\n10,100\n');
  utimesSync(file, 2_000, 2_000);
  expect(f.exec(5, 'pump')).toBe(0.625); // not looked at again within a second
  await clock.advance(1_000);
  expect(f.exec(5, 'pump')).toBe(50);
  writeFileSync(join(root, 'etc/functions/calibrate/bad.csv'), '1,2\n3,x\n');
  writeFileSync(join(root, 'etc/functions/calibrate/twice.csv'), '1,2\n1,3\n');
  expect(() => f.exec(1, 'bad')).toThrow('table bad, line 2: expect raw,real but found "3,x"');
  expect(() => f.exec(1, 'twice')).toThrow('has the raw value 1 twice');
  expect(() => f.exec(1, '../../secrets')).toThrow('is not a name of a table');
  expect(() => f.exec('x', 'pump')).toThrow('x is not a number');
  expect(() => f.validate(argFacts('a', 'b'))).toThrow('Expect number for argument 1 (raw)');
});

test('systemInfo reads the board: temperature, throttling, rates of the network, Wi-Fi', async () => {
  const put = (path: string, text: string) => {
    mkdirSync(join(root, 'board', path, '..'), { recursive: true });
    writeFileSync(join(root, 'board', path), text);
  };
  const net = (received: number, sent: number) =>
    put('proc/net/dev', `Inter-|\n face |\n    lo: 1 0 0 0 0 0 0 0 1 0\n  eth0: ${received} 0 0 0 0 0 0 0 ${sent} 0\n`);
  put('sys/class/thermal/thermal_zone0/temp', '48312\n');
  put('sys/class/thermal/thermal_zone0/type', 'cpu-thermal\n');
  put('sys/devices/platform/soc/soc:firmware/get_throttled', '50001\n');
  put('proc/net/wireless', 'Inter-|\n face |\n wlan0: 0000   54.  -56.  -256  0\n');
  net(1000, 500);
  using clock = virtualClock(5_000);
  const s = await testSource(SystemInfo, { props: { every: '2s', root: join(root, 'board'), disk: root } });
  await s.open();
  net(5000, 700);
  await clock.advance(2_000);
  await s.close();
  expect(s.rows[0]).toMatchObject({
    at: new Date(5_000),
    temperature: 48.312,
    temperatures: { 'cpu-thermal': 48.312 },
    throttling: { undervoltage: true, throttled: false, undervoltageSinceBoot: true, throttledSinceBoot: true },
    network: { eth0: { receivedBytes: 1000, sentBytes: 500 } },
    wifi: { wlan0: { quality: 54, signalDbm: -56 } },
  });
  expect(s.rows[1]).toMatchObject({ network: { eth0: { receivedBytesPerSecond: 2000, sentBytesPerSecond: 100 } } });
  expect(s.rows[0]!['network']).not.toHaveProperty('lo');
  // a board that has none of it
  const bare = await testSource(SystemInfo, { props: { root: join(root, 'nothing'), disk: root } });
  await bare.open();
  await bare.close();
  expect(bare.rows[0]).not.toHaveProperty('temperature');
  expect(bare.rows[0]!['memory']).toHaveProperty('usedPercent');
});

test('sqlite makes the table, adds columns, writes a result whole or not at all, and removes old rows', async () => {
  const s = await testSink(Sqlite, { rootPath: root, props: { file: 'sub/rows.db', table: 'readings', keepDays: 1 } });
  await s.open();
  await s.collect([
    { at: new Date(Date.now() - 2 * 86_400_000), device: 'old' },
    { device: 'a', value: 1.5, big: 2n ** 60n, on: true, more: { x: [1] } },
  ]);
  await s.collect({ device: 'b', later: 'x' });
  await expect(s.collect([{ device: 'c' }, { 'no name': 1 }])).rejects.toMatchObject({
    retriable: false,
    message: expect.stringContaining('rename it in the rule with AS'),
  });
  await s.close();
  const db = new DatabaseSync(join(root, 'data/sub/rows.db'), { readOnly: true });
  const query = db.prepare('SELECT device, value, big, "on", more, later FROM readings ORDER BY device');
  query.setReadBigInts(true);
  expect(query.all().map((r) => ({ ...r }))).toEqual([
    { device: 'a', value: 1.5, big: 2n ** 60n, on: 1n, more: '{"x":[1]}', later: null },
    { device: 'b', value: null, big: null, on: null, more: null, later: 'x' },
  ]);
  db.close();
  await expect(testSink(Sqlite, { props: { file: 'x', table: 'a"; DROP TABLE b; --' } })).rejects.toThrow('not a name of a table');
});

test('webhook signs its body, and tells final answers from those that are tried again', async () => {
  requests.length = 0;
  const s = await testSink(Webhook, { props: { url: `${url}/hook`, secret: 'k', headers: { 'X-Plant': 7 } } });
  await s.collect([{ n: 1, big: 5n }]);
  expect(requests[0]).toMatchObject({ path: '/hook', body: '[{"n":1,"big":5}]' });
  expect(requests[0]!.headers).toMatchObject({
    'x-plant': '7',
    'x-signature-256': `sha256=${createHmac('sha256', 'k').update('[{"n":1,"big":5}]').digest('hex')}`,
  });
  for (const [code, retriable] of [
    [400, false],
    [404, false],
    [429, undefined],
    [408, undefined],
    [500, undefined],
  ] as const) {
    status = code;
    const error = (await s.collect({ n: 2 }).catch((e: unknown) => e)) as { retriable?: boolean; message: string };
    expect([code, error.retriable]).toEqual([code, retriable]);
    expect(error.message).toContain(`answered ${code}`);
  }
  status = 200;
  await expect(testSink(Webhook, { props: { url: 'file:///etc/passwd' } })).rejects.toThrow('is not an address');
});

test('notify fills in columns, is quiet about the same text for a while, and gives up on a wrong token', async () => {
  requests.length = 0;
  const s = await testSink(Notify, { props: { token: 'T', chat: '42', text: '{device} is at {temp} °C', quiet: '1m', server: url } });
  await s.collect({ device: 'pump', temp: 91 });
  await s.collect([
    { device: 'pump', temp: 91 },
    { device: 'fan', temp: null },
  ]);
  expect(requests.map((r) => [r.path, JSON.parse(r.body)])).toEqual([
    ['/botT/sendMessage', { chat_id: '42', text: 'pump is at 91 °C' }],
    ['/botT/sendMessage', { chat_id: '42', text: 'fan is at – °C' }],
  ]);
  status = 401;
  reply = '{"description":"Unauthorized"}';
  await expect(s.collect({ device: 'x', temp: 1 })).rejects.toMatchObject({
    retriable: false,
    message: 'the bot was refused (401): Unauthorized',
  });
  status = 429;
  expect(await s.collect({ device: 'x', temp: 1 }).catch((e: { retriable?: boolean }) => e.retriable)).toBe(undefined);
  status = 200;
});

test('email speaks SMTP, cannot be made to forge a header, and sends no password in clear', async () => {
  const said: string[] = [];
  let refuse = '';
  const smtp = createTcpServer((socket) => {
    let data = false;
    socket.write('220 test ESMTP\r\n');
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      for (const line of chunk.split('\r\n').slice(0, -1)) {
        said.push(line);
        if (data) {
          if (line === '.') {
            data = false;
            socket.write('250 queued\r\n');
          }
        } else if (refuse && line.startsWith('RCPT')) socket.write(`${refuse}\r\n`);
        else if (line === 'DATA') {
          data = true;
          socket.write('354 go\r\n');
        } else socket.write(line.startsWith('EHLO') ? '250-test\r\n250 SIZE\r\n' : '250 ok\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(smtp, 'listening');
  const props = {
    server: '127.0.0.1',
    port: (smtp.address() as { port: number }).port,
    security: 'none',
    from: 'gw@example.org',
    to: 'a@example.org,b@example.org',
    subject: 'Alarm {device}',
    text: 'Value {v}\n.\nend',
  };
  const s = await testSink(Email, { props });
  await s.collect({ device: 'pump\r\nBcc: evil@example.org', v: 3 });
  expect(said.filter((l) => /^(MAIL|RCPT)/.test(l))).toEqual([
    'MAIL FROM:<gw@example.org>',
    'RCPT TO:<a@example.org>',
    'RCPT TO:<b@example.org>',
  ]);
  expect(said.some((l) => l.startsWith('Bcc:'))).toBe(false);
  const subject = /=\?UTF-8\?B\?(.*)\?=/.exec(said.find((l) => l.startsWith('Subject:'))!)![1]!;
  expect(Buffer.from(subject, 'base64').toString()).toBe('Alarm pump Bcc: evil@example.org');
  expect(said).toContain(Buffer.from('Value 3\n.\nend').toString('base64'));
  refuse = '550 no such user';
  await expect(s.collect({ device: 'x', v: 1 })).rejects.toMatchObject({
    retriable: false,
    message: expect.stringContaining('550 no such user'),
  });
  refuse = '451 later';
  expect(await s.collect({ device: 'x', v: 1 }).catch((e: { retriable?: boolean }) => e.retriable)).toBe(undefined);
  smtp.close();
  await expect(testSink(Email, { props: { ...props, user: 'u', password: 'p' } })).rejects.toThrow('never sent in clear');
  await expect(testSink(Email, { props: { ...props, to: 'x@y>\r\nDATA' } })).rejects.toThrow('is not an e-mail address');
});
