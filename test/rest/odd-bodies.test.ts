// Every route with bodies that nobody should send: refused with a sentence, never a fault of the gateway (500), and nothing left behind.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeService } from '../service/make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
beforeEach(async () => {
  made = await makeService();
  await made.sql('CREATE STREAM demo () WITH (DATASOURCE="demo")');
});
afterEach(() => made.close());

const MEMBERS = [
  'sql',
  'id',
  'name',
  'content',
  'file',
  'props',
  'typ',
  'actions',
  'tags',
  'functions',
  'type',
  'params',
  'strategy',
  'mockSource',
  'sinkProps',
  'streams',
  'rules',
];
const VALUES = [
  'null',
  'true',
  '5',
  '1e400',
  '12345678901234567890',
  '""',
  '"x"',
  '"\\u0000"',
  '"😀"',
  '[]',
  '[null]',
  '{}',
  '{"a":null}',
  '{"__proto__":{"x":1}}',
];
const BODIES = [
  '',
  ' ',
  '{',
  'null',
  '5',
  '"x"',
  '[]',
  '[null]',
  '[5]',
  '[[]]',
  '{}',
  '\ufeff{}',
  '{"a":1}{"b":2}',
  '['.repeat(5000),
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  ...MEMBERS.flatMap((m) => VALUES.map((v) => `{"${m}":${v}}`)),
]; // prettier-ignore

test('each route bears each body', async () => {
  const faults: string[] = [];
  for (const route of made.router.routes) {
    if (route.path === '/stop') continue;
    const path = route.path.replaceAll(/\{\w+\}/g, 'demo');
    for (const body of BODIES) {
      const { status, text } = await made.call(route.method, path, body, { 'content-type': 'application/json' });
      if (status >= 500 || /Cannot read|is not a function|\[object Object\]/.test(text))
        faults.push(`${route.method} ${path} ${body.slice(0, 60)}: ${status} ${text.slice(0, 120)}`);
    }
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const body of [
      '',
      '--x',
      '--x--',
      '--x\r\n\r\n--x--',
      '--x\r\nContent-Disposition: form-data; name="uploadFile"; filename="../../a"\r\n\r\nb\r\n--x--',
    ]) {
      const { status, text } = await made.call(route.method, path, body, multipart);
      if (status >= 500) faults.push(`${route.method} ${path} multipart ${body.slice(0, 60)}: ${status} ${text.slice(0, 120)}`);
    }
  }
  expect(faults).toEqual([]);
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
}, 60_000);
