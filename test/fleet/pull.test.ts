// A folder that gateways follow: signed index, staged roll-out, ETag, bundles, and fifty gateways that converge.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { FleetSettings } from '../../src/config/index.ts';
import { createFleetHttp } from '../../src/fleet/http.ts';
import { createPullAgent, type PullAgent } from '../../src/fleet/pull/agent.ts';
import { bucketOf, type FleetIndex, releaseFor } from '../../src/fleet/pull/index-file.ts';
import { writeIndex } from '../../src/fleet/pull/write-index.ts';
import type { ApplyService } from '../../src/service/index.ts';
import { until } from '../helpers/mosquitto.ts';
import { makeService } from '../service/make-service.ts';
import { type FakeUpdater, fakeUpdater } from './fake-updater.ts';

let root: string;
let site: string;
let server: Server;
let url: string;
let asked: string[] = [];
const closing: (() => Promise<void> | void)[] = [];
const pair = generateKeyPairSync('ed25519');
const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-pull-'));
  site = join(root, 'site');
  asked = [];
  // a plain web server: files with an ETag
  server = createServer((q, s) => {
    asked.push(q.url!);
    try {
      const content = readFileSync(join(site, decodeURIComponent(q.url!)));
      const etag = `"${createHash('sha1').update(content).digest('hex')}"`;
      if (q.headers['if-none-match'] === etag) s.writeHead(304).end();
      else s.setHeader('etag', etag).end(content);
    } catch {
      s.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true, force: true });
});

const write = (files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
  }
};
const STREAM = 'CREATE STREAM demo () WITH (DATASOURCE="a", FORMAT="JSON")';
const RULE = (column: string) => `sql: SELECT ${column} FROM demo\nactions: [{log: {}}]\n`;

interface Options {
  name?: string;
  groups?: string[];
  settings?: Partial<FleetSettings['pull']>;
  updater?: FakeUpdater;
  signed?: boolean;
  apply: Pick<ApplyService, 'run'>;
}

function agentOf({ name = 'gw', groups = [], settings = {}, updater, signed = true, apply }: Options): PullAgent {
  const http = createFleetHttp({ ca: '', cert: '', key: '' }, 'kuiper/test');
  const agent = createPullAgent({
    settings: { url, intervalMs: 1000, prune: true, enforce: false, unsigned: false, report: '', ...settings },
    who: { id: `id-${name}`, name, groups, version: '1' },
    folder: join(root, 'state', name),
    http,
    apply,
    keys: () => (signed ? [pair.publicKey] : []),
    updater,
    clock: createRealClock(),
    log: createMemoryLog().log,
    random: Math.random,
    changed: () => undefined,
  });
  closing.push(
    () => agent.stop(),
    () => http.close(),
  );
  return agent;
}
/** Notes what would be applied. */
const recorder = (refuse = { reason: '' }) => {
  const seen: { files: string[]; prune: unknown; source: unknown }[] = [];
  const apply: Pick<ApplyService, 'run'> = {
    async run(tree, options) {
      seen.push({ files: [...tree.keys()].sort(), prune: options?.prune, source: options?.source });
      const items = refuse.reason
        ? [{ part: 'rules', name: 'r', path: 'rules/r.yaml', outcome: 'refused' as const, reason: refuse.reason }]
        : [];
      return { applied: refuse.reason === '', revision: `r${seen.length}`, items, notes: [] };
    },
  };
  return { seen, apply };
};

describe('a folder that is followed', () => {
  // @covers issue:17#2
  test('is applied when its signed index changes, and only then', async () => {
    write({ 'streams/demo.sql': STREAM, 'rules/r.yaml': RULE('a') });
    expect((await writeIndex(site, privateKey)).index.serial).toBe(1);
    const { seen, apply } = recorder();
    const agent = agentOf({ apply });
    await agent.poke();
    expect(agent.state()).toMatchObject({ serial: 1, release: 'main', revision: 'r1', problem: '' });
    expect(seen).toEqual([{ files: ['rules/r.yaml', 'streams/demo.sql'], prune: true, source: `${url} main 1` }]);
    asked = [];
    await agent.poke();
    expect(asked).toEqual(['/index.json']);
    expect(seen.length).toBe(1);
    write({ 'rules/r.yaml': RULE('b') });
    expect((await writeIndex(site, privateKey)).changed).toBe(true);
    asked = [];
    await agent.poke();
    // what is there already is not fetched again
    expect(asked).toEqual(['/index.json', '/index.json.sig', '/rules/r.yaml']);
    expect(agent.state()).toMatchObject({ serial: 2, revision: 'r2' });
    expect(readdirSync(join(root, 'state/gw/files')).length).toBe(2);
    expect((await writeIndex(site, privateKey)).changed).toBe(false);
    // the next start knows where it was
    await agent.stop();
    const next = agentOf({ apply });
    await next.poke();
    expect(next.state()).toMatchObject({ serial: 2, revision: 'r2', problem: '' });
    expect(seen.length).toBe(2);
  });

  test.each([
    ['no signature', undefined, 'has no signature'],
    [
      'a signature of somebody else',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'none of the keys',
    ],
  ])('with %s is not followed where there are keys', async (_what, key, problem) => {
    write({ 'streams/demo.sql': STREAM });
    await writeIndex(site, key);
    const { seen, apply } = recorder();
    const agent = agentOf({ apply });
    await agent.poke();
    expect(agent.state().problem).toContain(problem);
    expect(seen).toEqual([]);
  });

  test('over plain HTTP without keys is not followed, unless the owner says so', async () => {
    write({ 'streams/demo.sql': STREAM });
    await writeIndex(site, undefined);
    const { seen, apply } = recorder();
    const careful = agentOf({ apply, signed: false });
    await careful.poke();
    expect(careful.state().problem).toContain('over plain HTTP the index must be signed');
    expect(seen).toEqual([]);
    const careless = agentOf({ name: 'careless', apply, signed: false, settings: { unsigned: true } });
    await careless.poke();
    expect(careless.state().problem).toBe('');
    expect(seen.length).toBe(1);
  });

  test('whose index is older than one that was followed is refused', async () => {
    write({ 'streams/demo.sql': STREAM });
    await writeIndex(site, privateKey);
    const old = ['index.json', 'index.json.sig'].map((f) => readFileSync(join(site, f)));
    write({ 'rules/r.yaml': RULE('a') });
    await writeIndex(site, privateKey);
    const { seen, apply } = recorder();
    const agent = agentOf({ apply });
    await agent.poke();
    writeFileSync(join(site, 'index.json'), old[0]!);
    writeFileSync(join(site, 'index.json.sig'), old[1]!);
    await agent.poke();
    expect(agent.state().problem).toContain('its index has serial 1, and 2 was followed already');
    expect(seen.length).toBe(1);
  });

  test('with a file that is not what the index says is not applied', async () => {
    write({ 'streams/demo.sql': STREAM });
    await writeIndex(site, privateKey);
    writeFileSync(join(site, 'streams/demo.sql'), STREAM.replace('"a"', '"b"'));
    const { seen, apply } = recorder();
    const agent = agentOf({ apply });
    await agent.poke();
    expect(agent.state().problem).toContain('was announced');
    expect(seen).toEqual([]);
    await writeIndex(site, privateKey);
    await agent.poke();
    expect(agent.state().problem).toBe('');
    expect(seen.length).toBe(1);
  });

  test('that is refused is reported with the reason, and not tried again before it changes', async () => {
    write({ 'rules/r.yaml': RULE('a') });
    await writeIndex(site, privateKey);
    const refuse = { reason: 'fail to get stream demo' };
    const { seen, apply } = recorder(refuse);
    const agent = agentOf({ apply });
    await agent.poke();
    expect(agent.state()).toMatchObject({
      problem: 'refused, nothing was changed: rules/r.yaml: fail to get stream demo',
      revision: '',
      serial: 1,
    });
    await agent.poke();
    expect(seen.length).toBe(1);
    refuse.reason = '';
    write({ 'streams/demo.sql': STREAM });
    await writeIndex(site, privateKey);
    await agent.poke();
    expect(agent.state()).toMatchObject({ problem: '', revision: 'r2' });
  });

  test('may be a folder of this machine without an index, such as a checkout of Git', async () => {
    write({ 'streams/demo.sql': STREAM, '.git/HEAD': 'x' });
    const { seen, apply } = recorder();
    const agent = agentOf({ apply, signed: false, settings: { url: site } });
    await agent.poke();
    await agent.poke();
    expect(seen.map((s) => s.files)).toEqual([['streams/demo.sql']]);
    write({ 'rules/r.yaml': RULE('a') });
    await agent.poke();
    expect(seen[1]!.files).toEqual(['rules/r.yaml', 'streams/demo.sql']);
    rmSync(site, { recursive: true });
    await agent.poke();
    expect(agent.state().problem).toContain('there is no such folder');
    expect(seen.length).toBe(2);
  });

  test('with enforce takes changes that were made by hand back, also after a restart', async () => {
    write({ 'streams/demo.sql': STREAM });
    await writeIndex(site, privateKey);
    const { seen, apply } = recorder();
    const agent = agentOf({ apply, settings: { enforce: true } });
    await agent.poke();
    await agent.poke();
    expect(seen.length).toBe(2);
    await agent.stop();
    const next = agentOf({ apply, settings: { enforce: true } });
    await next.poke();
    await next.poke();
    expect(seen.length).toBe(3);
  });
});

describe('a bundle of a release', () => {
  const release = async (content = '2\nbytes') => {
    write({ 'main/streams/demo.sql': STREAM, 'bundles/image.raucb': content });
    writeFileSync(
      join(site, 'releases.yaml'),
      'name: main\nbundle: {file: bundles/image.raucb, version: "2"}\n'.replace(/^/, '- ').replace('\n', '\n  '),
    );
    await writeIndex(site, privateKey);
  };

  test('is installed once, and how it ended is known after the restart', async () => {
    await release();
    const updater = fakeUpdater();
    updater.fault = 'Rules did not run.';
    const { apply } = recorder();
    const agent = agentOf({ apply, updater });
    await agent.poke();
    expect(updater.installed).toEqual([
      { content: '2\nbytes', options: { by: 'pull main', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
    expect(agent.state().bundle).toMatchObject({ version: '2', result: 'under way' });
    await agent.stop();
    updater.restart();
    const next = agentOf({ apply, updater });
    await next.poke();
    await next.poke();
    expect(next.state().bundle).toMatchObject({ result: 'rolled-back', reason: 'Rules did not run.' });
    // the same bundle is not tried again; another one is
    expect(updater.installed.length).toBe(1);
    updater.fault = '';
    await release('2\nbetter');
    await next.poke();
    expect(updater.installed.length).toBe(2);
    updater.restart();
    await next.poke();
    expect(next.state().bundle).toMatchObject({ result: 'confirmed' });
    expect(updater.version).toBe('2');
    expect(readdirSync(join(root, 'state/gw')).sort()).toEqual(['files', 'pull.json']);
  });
});

describe('a staged roll-out', () => {
  const who = (id: string, groups: string[] = []) => ({ id, name: `name-${id}`, groups, version: '1' });
  const index = (rollout: object | undefined): FleetIndex => ({
    format: 1,
    serial: 1,
    releases: [
      { name: 'next', folder: 'next', files: {}, ...(rollout ? { rollout } : {}) },
      { name: 'main', folder: 'main', files: {} },
    ],
  });
  const ids = Array.from({ length: 1000 }, (_, i) => `gateway-${i}`);
  const chosen = (rollout: object | undefined, groups: string[] = []) =>
    ids.filter((id) => releaseFor(index(rollout), who(id, groups))!.name === 'next');

  test('by percent takes about that many, and a higher figure only adds to them', () => {
    const [ten, half] = [chosen({ percent: 10 }), chosen({ percent: 50 })];
    expect(ten.length).toBeGreaterThan(70);
    expect(ten.length).toBeLessThan(130);
    expect(half.length).toBeGreaterThan(440);
    expect(half.length).toBeLessThan(560);
    expect(ten.every((id) => half.includes(id))).toBe(true);
    expect(chosen({ percent: 0 })).toEqual([]);
    expect(chosen({ percent: 100 }).length).toBe(1000);
    expect(bucketOf('next', 'a')).not.toBe(bucketOf('main', 'a'));
  });

  test('by group, by name, and by percent of a group', () => {
    expect(chosen({ groups: ['pilot'] })).toEqual([]);
    expect(chosen({ groups: ['pilot'] }, ['hall', 'pilot']).length).toBe(1000);
    expect(chosen({ names: ['name-gateway-7', 'gateway-9'] })).toEqual(['gateway-7', 'gateway-9']);
    const some = chosen({ groups: ['pilot'], percent: 20 }, ['pilot']);
    expect(some.length).toBeGreaterThan(150);
    expect(some.length).toBeLessThan(250);
    expect(chosen({ groups: ['pilot'], percent: 20 })).toEqual([]);
    expect(chosen({ percent: 0, names: ['gateway-3'] })).toEqual(['gateway-3']);
    expect(chosen(undefined).length).toBe(1000);
    expect(chosen({}).length).toBe(1000);
  });

  test('gives each gateway the files of its release, and a gateway that no release is meant for is told so', async () => {
    write({ 'next/rules/r.yaml': RULE('b'), 'main/rules/r.yaml': RULE('a'), 'main/streams/demo.sql': STREAM });
    writeFileSync(join(site, 'releases.yaml'), '- name: next\n  rollout: {groups: [pilot]}\n- name: main\n  rollout: {groups: [hall]}\n');
    await writeIndex(site, privateKey);
    const states = await Promise.all(
      (['pilot', 'hall', 'other'] as const).map(async (group) => {
        const { seen, apply } = recorder();
        const agent = agentOf({ name: group, groups: [group], apply });
        await agent.poke();
        return [agent.state().release, agent.state().problem, seen[0]?.files.join()];
      }),
    );
    expect(states).toEqual([
      ['next', '', 'rules/r.yaml'],
      ['main', '', 'rules/r.yaml,streams/demo.sql'],
      ['', 'no release of the folder is meant for this gateway', undefined],
    ]);
  });
});

describe('kuiper fleet index', () => {
  test.each([
    ['rollout: {percent: 200}', 'percent is not a number from 0 to 100'],
    ['rolout: {percent: 2}', 'rolout means nothing'],
    ['bundle: {file: none.raucb}', 'needs file and version'],
  ])('refuses a release with %s', async (line, problem) => {
    write({ 'main/streams/demo.sql': STREAM, 'releases.yaml': `- name: main\n  ${line}\n` });
    const lines: string[] = [];
    expect(await runCli(['fleet', 'index', site], {}, (t) => lines.push(t))).toBe(1);
    expect(lines.join('\n')).toContain(problem);
    expect(readdirSync(site)).not.toContain('index.json');
  });

  test('says what it wrote', async () => {
    write({ 'streams/demo.sql': STREAM });
    writeFileSync(join(root, 'fleet.key'), privateKey);
    const lines: string[] = [];
    expect(await runCli(['fleet', 'index', site, '--key', join(root, 'fleet.key')], {}, (t) => lines.push(t))).toBe(0);
    expect(lines).toEqual(['main: 1 files', 'Serial 1, new, signed.']);
  });
});

describe('fifty gateways', () => {
  // @covers issue:17#2
  test('converge within 60 s after the folder changes, each with its real configuration', async () => {
    write({ 'streams/demo.sql': STREAM, 'rules/r.yaml': RULE('a') });
    await writeIndex(site, privateKey);
    const boxes = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const made = await makeService();
        closing.push(() => made.close());
        const agent = agentOf({ name: `gw${i}`, apply: made.service.apply, settings: { intervalMs: 1500 } });
        return { made, agent };
      }),
    );
    for (const { agent } of boxes) agent.start();
    const at = (serial: number) => boxes.every(({ agent }) => agent.state().serial === serial && agent.state().problem === '');
    await until(() => at(1), 'all have the first', 60_000);
    write({ 'rules/r.yaml': RULE('b'), 'rules/s.yaml': RULE('c') });
    await writeIndex(site, privateKey);
    await until(() => at(2), 'all have the second', 60_000);
    for (const { made } of boxes) {
      expect(
        made.service.rules
          .list()
          .map((r) => r.id)
          .sort(),
      ).toEqual(['r', 's']);
      expect(JSON.parse((await made.call('GET', '/rules/r')).text)).toMatchObject({ sql: 'SELECT b FROM demo' });
    }
    expect(new Set(boxes.map(({ agent }) => agent.state().revision)).size).toBe(1);
  }, 150_000);
});
