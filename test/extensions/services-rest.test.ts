// External services as a user meets them: an archive over REST and with the command line, a rule that calls them, exports, secrets.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { writeArchive } from '../../src/plugin-host/index.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';
import { GREETER, grpcPeer, httpPeer, serviceText } from './service-peers.ts';

let g: RealGateway;
let grpc: Awaited<ReturnType<typeof grpcPeer>>;
let http: Awaited<ReturnType<typeof httpPeer>>;
beforeAll(async () => {
  g = await realGateway({ KUIPER__BASIC__ENABLEPRIVATENET: 'true' });
  grpc = await grpcPeer();
  http = await httpPeer(({ body }) => ({ text: JSON.stringify({ message: `rest ${(JSON.parse(body) as { name: string }).name}` }) }));
}, 60_000);
afterAll(async () => {
  grpc.close();
  http.close();
  await g.close();
});

const zip = (name: string, interfaces: Record<string, unknown>): string => {
  const path = join(g.root, 'data/uploads', `${name}.zip`);
  writeFileSync(
    path,
    writeArchive([
      { path: `${name}.json`, content: Buffer.from(serviceText(interfaces)) },
      { path: 'schemas/hw.proto', content: Buffer.from(GREETER) },
    ]),
  );
  return `file://${path}`;
};
const sample = () => ({
  rpc: {
    address: grpc.address,
    protocol: 'grpc',
    schemaType: 'protobuf',
    schemaFile: 'hw.proto',
    functions: [{ name: 'hello', serviceName: 'SayHello' }],
  },
  web: {
    address: http.address,
    protocol: 'rest',
    schemaType: 'protobuf',
    schemaFile: 'hw.proto',
    functions: [{ name: 'webHello', serviceName: 'SayHello' }],
    options: { headers: { Authorization: 'Bearer planted-secret' } },
  },
});
const rowsOf = (file: string) =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter((l) => l !== '')
        .map((l) => JSON.parse(l) as Record<string, unknown>)
    : [];
async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 600 && !(await look()); n++) await new Promise((r) => setTimeout(r, 50));
  expect(await look()).toBe(true);
}
const cli = async (...args: string[]) => {
  const lines: string[] = [];
  const code = await runCli(['--ekuiper', ...args], { KUIPER_URL: g.url }, (t) => void lines.push(t));
  return { code, out: lines.join('\n') };
};

describe('external services', () => {
  // @covers issue:21#6
  it('are registered, described without secrets, called by rules, exported, replaced and deleted', async () => {
    const answers: [number, string][] = [];
    const call = async (method: string, path: string, body?: unknown) => {
      const { status, text } = await g.call(method, path, body);
      answers.push([status, text.trim()]);
      return text;
    };
    await call('GET', '/services');
    await call('POST', '/services', { name: 'sample', file: zip('other', sample()) });
    await call('POST', '/services', { name: 'sample', file: zip('sample', sample()) });
    await call('POST', '/services', { name: 'sample', file: zip('sample', sample()) });
    await call('POST', '/services', { name: 'sam/ple', file: zip('sample', sample()) });
    await call('POST', '/services', { name: 'sample2', file: 'nothing' });
    await call('GET', '/services');
    await call('GET', '/services/none');
    await call('GET', '/services/functions/none');
    expect(answers).toEqual([
      [200, '[]'],
      [400, expect.stringContaining('service create command error: cannot find the json descriptor file sample.json for service')],
      [201, 'service sample is created'],
      [400, expect.stringContaining('service create command error: service sample exist')],
      [400, expect.stringContaining("'sam/ple' contains invalid characters")],
      [400, expect.stringContaining('service create command error: invalid file path nothing')],
      [200, '["sample"]'],
      [404, expect.stringContaining('describe service none error: not found')],
      [404, expect.stringContaining('describe function none error: not found')],
    ]);
    const described = JSON.parse((await g.call('GET', '/services/sample')).text) as { Interfaces: Record<string, { Options: unknown }> };
    expect(described.Interfaces['web']!.Options).toEqual({ headers: { Authorization: '******' } });
    expect(JSON.parse((await g.call('GET', '/services/functions')).text)).toContainEqual({
      FuncName: 'hello',
      ServiceName: 'sample',
      InterfaceName: 'rpc',
      Addr: grpc.address,
      MethodName: 'SayHello',
    });

    await g.call('PUT', '/metadata/sources/simulator/confKeys/names', {
      data: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      interval: '10ms',
      loop: false,
    });
    await g.call('POST', '/streams', { sql: 'CREATE STREAM demo () WITH (TYPE="simulator", CONF_KEY="names", FORMAT="json")' });
    const out = join(g.root, 'rows.txt');
    const made = await g.call('POST', '/rules', {
      id: 'r',
      sql: 'SELECT name, hello(name) AS h, webHello(*)->message AS w FROM demo',
      actions: [{ file: { path: out, fileType: 'lines', format: 'json', sendSingle: true } }],
    });
    expect(made.text).toContain('created');
    await until(() => rowsOf(out).length === 3);
    expect(rowsOf(out)).toEqual(['a', 'b', 'c'].map((name) => ({ name, h: { message: `hello ${name}` }, w: `rest ${name}` })));
    expect(http.calls[0]!.headers.authorization).toBe('Bearer planted-secret');

    const exported = (await g.call('GET', '/data/export')).text;
    const { Service } = JSON.parse(exported) as { Service: Record<string, string> };
    expect(Object.keys(Service)).toEqual(['sample']);
    expect(Buffer.from((JSON.parse(Service['sample']!) as { file: string }).file.split(',')[1]!, 'base64').includes('planted-secret')).toBe(
      false,
    );
    const again = await g.call('POST', '/data/import?partial=1', { content: JSON.stringify({ Service }) });
    expect(again.text).toContain('"ErrorMsg":""');
    // the secret that was here is kept
    expect(readFileSync(join(g.root, 'data/services/sample.json'), 'utf8')).toContain('Bearer planted-secret');

    expect(await cli('show', 'services')).toMatchObject({ code: 0, out: expect.stringContaining('sample') as string });
    expect((await cli('describe', 'service_func', 'hello')).out).toContain('"MethodName": "SayHello"');
    const file = zip('fromcli', { free: { address: http.address, protocol: 'rest', schemaless: true } });
    expect((await cli('create', 'service', 'fromcli', JSON.stringify({ name: 'fromcli', file }))).out).toContain(
      'Service fromcli is created.',
    );
    expect((await cli('show', 'service_funcs')).out).toContain('free');
    expect((await cli('drop', 'service', 'fromcli')).out).toContain('Service fromcli is dropped');

    await g.call('DELETE', '/rules/r');
    expect(await g.call('PUT', '/services/none', { file })).toMatchObject({ status: 404 });
    expect((await g.call('PUT', '/services/sample', { file: zip('sample', { rpc: sample().rpc }) })).text).toBe(
      'service sample is updated',
    );
    expect((await g.call('GET', '/services/functions/webHello')).status).toBe(404);
    expect((await g.call('DELETE', '/services/sample')).text).toBe('service sample is deleted');
    expect((await g.call('GET', '/services')).text.trim()).toBe('[]');
    expect(existsSync(join(g.root, 'data/services/schemas/hw.proto'))).toBe(false);
    const gone = await g.call('POST', '/rules', { id: 'x', sql: 'SELECT hello(name) FROM demo', actions: [{ nop: {} }] });
    expect([gone.status, gone.text]).toEqual([400, expect.stringContaining('hello')]);
  }, 90_000);

  it('are there again after an import that was refused for something else', async () => {
    await g.call('POST', '/services', { name: 'sample', file: zip('sample', sample()) });
    const { Service } = JSON.parse((await g.call('GET', '/data/export')).text) as { Service: Record<string, string> };
    const bad = await g.call('POST', '/data/import?partial=1', {
      content: JSON.stringify({ Service: { sample: Service['sample'], broken: '{"file":"nothing"}' } }),
    });
    expect(bad.text).toContain('invalid file path nothing');
    expect(JSON.parse((await g.call('GET', '/services/functions')).text)).toContainEqual(expect.objectContaining({ FuncName: 'hello' }));
    expect(readFileSync(join(g.root, 'data/services/sample.json'), 'utf8')).toContain('Bearer planted-secret');
  }, 60_000);
});
