// Our client of hawkBit's device API against a stub of the published API. hawkBit's own server was not tried: no registry has it.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createHawkbitAgent, type HawkbitAgent } from '../../src/fleet/hawkbit/agent.ts';
import { createFleetHttp, type FleetHttp } from '../../src/fleet/http.ts';
import { until } from '../helpers/mosquitto.ts';
import { type DdiStub, type StubAction, startDdiStub } from './ddi-stub.ts';
import { type FakeUpdater, fakeUpdater } from './fake-updater.ts';

let stub: DdiStub;
let root: string;
const closing: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  stub = await startDdiStub();
  root = mkdtempSync(join(tmpdir(), 'kuiper-ddi-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await stub.close();
  rmSync(root, { recursive: true, force: true });
});

const BUNDLE = Buffer.from(`2\n${'x'.repeat(200_000)}`);
const action = (id: string, more: Partial<StubAction> = {}): StubAction => ({
  id,
  filename: 'image.raucb',
  content: BUNDLE,
  download: 'forced',
  update: 'forced',
  state: 'running',
  ...more,
});

interface Box {
  agent: HawkbitAgent;
  updater: FakeUpdater;
  applied: string[];
}

/** One start of a gateway; what is in its folder is from the starts before. */
function boot(name: string, updater: FakeUpdater | undefined, more: { token?: string; http?: FleetHttp; refuse?: string } = {}): Box {
  const http = more.http ?? createFleetHttp({ ca: '', cert: '', key: '' }, 'kuiper/test');
  const applied: string[] = [];
  const agent = createHawkbitAgent({
    settings: { url: stub.url, tenant: 'DEFAULT', auth: 'target', secret: 'hawkbit' },
    who: { id: `id-${name}`, name, groups: ['hall'], version: '0.2.0' },
    folder: join(root, name),
    http,
    authorization: () => more.token,
    updater,
    apply: {
      async run(tree, options) {
        applied.push(`${[...tree.keys()].join()} ${options?.prune} ${options?.source}`);
        const items = more.refuse
          ? [{ part: 'rules', name: 'x', path: 'rules/x.yaml', outcome: 'refused' as const, reason: more.refuse }]
          : [];
        return { applied: !more.refuse, revision: 'r', items, notes: [] };
      },
    },
    clock: createRealClock(),
    log: createMemoryLog().log,
    random: () => 0.5,
    changed: () => undefined,
    sleepFactor: 0.02,
  });
  closing.push(
    () => agent.stop(),
    () => http.close(),
  );
  return { agent, updater: updater!, applied };
}
const told = (name: string) => stub.target(name).feedback.map((f) => `${f.kind} ${f.execution} ${f.finished}`);

describe('an action of hawkBit', () => {
  // @covers issue:17#2
  test('is downloaded, installed, and reported as a success only after the restart, in this order', async () => {
    stub.target('a').action = action('7');
    const updater = fakeUpdater();
    const first = boot('a', updater);
    await first.agent.poke();
    await until(() => first.agent.state().phase === 'restarting', 'it waits for the restart');
    expect(updater.installed.map((i) => i.content)).toEqual([BUNDLE.toString()]);
    expect(updater.installed[0]!.options).toMatchObject({ by: 'hawkbit 7', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await first.agent.poke();
    expect(told('a')).toEqual([
      'deploymentBase download none',
      'deploymentBase downloaded none',
      'deploymentBase proceeding none',
      'deploymentBase proceeding none',
    ]);
    expect(stub.target('a').action!.state).toBe('running');
    expect(stub.target('a').attributes).toMatchObject({ gatewayId: 'id-a', groups: 'hall', version: '0.2.0', slot: 'A', image: '1' });
    await first.agent.stop();
    updater.restart();
    const second = boot('a', updater);
    await second.agent.poke();
    expect(told('a').slice(4)).toEqual(['deploymentBase closed success']);
    expect(stub.target('a').feedback.at(-1)!.details[0]).toBe('Version 2 runs. Rules run as before.');
    expect(stub.target('a').action!.state).toBe('finished');
    expect(stub.target('a').attributes['image']).toBe('2');
    expect(readdirSync(join(root, 'a'))).toEqual(['hawkbit.json']);
    await second.agent.poke();
    expect(told('a').length).toBe(5);
  });

  test('whose version was rolled back is reported as a failure with the reason', async () => {
    stub.target('a').action = action('7');
    const updater = fakeUpdater();
    updater.fault = 'The rule hot did not run for 5 minutes.';
    const first = boot('a', updater);
    await first.agent.poke();
    await until(() => first.agent.state().phase === 'restarting', 'it waits for the restart');
    await first.agent.stop();
    updater.restart();
    await boot('a', updater).agent.poke();
    expect(stub.target('a').feedback.at(-1)).toEqual({
      kind: 'deploymentBase',
      action: '7',
      execution: 'closed',
      finished: 'failure',
      details: ['Rolled back to 1: The rule hot did not run for 5 minutes.', 'UPDATE_UNHEALTHY'],
    });
    expect(stub.target('a').action!.state).toBe('error');
  });

  test('whose download is cut goes on where it stopped, also after a restart of the gateway', async () => {
    stub.target('a').action = action('7');
    stub.cutAfter = 70_000;
    const updater = fakeUpdater();
    const first = boot('a', updater);
    await first.agent.poke();
    await until(() => first.agent.state().phase === 'none', 'the cut was seen');
    expect(updater.installed).toEqual([]);
    await first.agent.stop();
    const second = boot('a', updater);
    await second.agent.poke();
    await until(() => second.agent.state().phase === 'restarting', 'it waits for the restart');
    expect(stub.ranges[0]).toBeUndefined();
    expect(stub.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(Number(/\d+/.exec(stub.ranges[1]!)![0])).toBeLessThanOrEqual(70_000);
    expect(updater.installed.map((i) => i.content)).toEqual([BUNDLE.toString()]);
  });

  test('whose file is not what was announced is never given to the updater', async () => {
    stub.target('a').action = action('7', { sha256: 'a'.repeat(64) });
    const updater = fakeUpdater();
    const { agent } = boot('a', updater);
    await agent.poke();
    await until(() => stub.ranges.length === 1 && agent.state().phase === 'none', 'the download was refused');
    expect(updater.installed).toEqual([]);
    expect(existsSync(join(root, 'a/hawkbit-artifact.raucb'))).toBe(false);
    expect(existsSync(join(root, 'a/hawkbit-artifact.raucb.part'))).toBe(false);
    expect(stub.target('a').action!.state).toBe('running');
  });

  test('that the updater refuses is reported with its words', async () => {
    stub.target('a').action = action('7');
    const updater = fakeUpdater();
    updater.beforeInstall = async () => {
      throw new Error('the signature was made by nobody that this device trusts');
    };
    const { agent } = boot('a', updater);
    await agent.poke();
    await until(() => agent.state().phase === 'ended', 'it ended');
    await agent.poke();
    expect(stub.target('a').feedback.at(-1)).toMatchObject({
      execution: 'closed',
      finished: 'failure',
      details: ['the signature was made by nobody that this device trusts'],
    });
  });

  test.each([
    ['no updater is there', undefined, {}, 'This installation has no updater'],
    ['it holds nothing for us', fakeUpdater(), { filename: 'app.apk' }, 'holds neither a bundle'],
  ] as const)('is refused in words when %s', async (_what, updater, more, text) => {
    stub.target('a').action = action('7', more);
    const { agent } = boot('a', updater);
    await agent.poke();
    await until(() => agent.state().phase === 'ended', 'it ended');
    await agent.poke();
    expect(stub.target('a').feedback.at(-1)!.details[0]).toContain(text);
    expect(stub.target('a').action!.state).toBe('error');
  });

  test('is downloaded outside of the window of maintenance, and installed in it', async () => {
    stub.target('a').action = action('7', { maintenanceWindow: 'unavailable' });
    const updater = fakeUpdater();
    const { agent } = boot('a', updater);
    await agent.poke();
    await until(() => agent.state().phase === 'downloaded', 'it is downloaded');
    await agent.poke();
    expect(updater.installed).toEqual([]);
    stub.target('a').action!.maintenanceWindow = 'available';
    await agent.poke();
    await until(() => agent.state().phase === 'restarting', 'it is installed');
    expect(updater.installed.length).toBe(1);
    expect(stub.ranges.length).toBe(1);
  });

  test('with download skip is left alone', async () => {
    stub.target('a').action = action('7', { download: 'skip' });
    const { agent, updater } = boot('a', fakeUpdater());
    await agent.poke();
    expect(agent.state()).toMatchObject({ action: '7', phase: 'none' });
    expect(stub.ranges).toEqual([]);
    expect(updater.installed).toEqual([]);
  });

  test('whose last report was lost on the way is reported again, and only once more', async () => {
    stub.target('a').action = action('7');
    const updater = fakeUpdater();
    const first = boot('a', updater);
    await first.agent.poke();
    await until(() => first.agent.state().phase === 'restarting', 'it waits for the restart');
    await first.agent.stop();
    updater.restart();
    stub.loseNextFeedbackAnswer = true;
    const { agent } = boot('a', updater);
    await agent.poke();
    expect(agent.state()).toMatchObject({ phase: 'ended', told: false, result: 'success' });
    await agent.poke();
    // the server has closed it (410): that is an answer as well
    expect(agent.state()).toMatchObject({ told: true, problem: '' });
    expect(told('a').filter((t) => t.includes('closed'))).toEqual(['deploymentBase closed success']);
  });

  test('that brings a configuration makes it so, or is reported with what was refused', async () => {
    const content = Buffer.from(JSON.stringify({ files: { 'rules/x.yaml': 'sql: SELECT 1' }, prune: true }));
    stub.target('a').action = action('8', { filename: 'site.kuiper.json', content });
    const good = boot('a', undefined);
    await good.agent.poke();
    await until(() => good.agent.state().phase === 'ended', 'it ended');
    await good.agent.poke();
    expect(good.applied).toEqual(['rules/x.yaml true hawkbit 8']);
    expect(stub.target('a').action!.state).toBe('finished');
    stub.target('b').action = action('9', { filename: 'site.kuiper.json', content });
    const bad = boot('b', undefined, { refuse: 'no such stream' });
    await bad.agent.poke();
    await until(() => bad.agent.state().phase === 'ended', 'it ended');
    await bad.agent.poke();
    expect(stub.target('b').feedback.at(-1)).toMatchObject({ finished: 'failure', details: ['rules/x.yaml: no such stream'] });
  });
});

describe('a cancellation', () => {
  test('of an action that is not begun is confirmed, and nothing of it is left', async () => {
    stub.target('a').action = action('7', { maintenanceWindow: 'unavailable' });
    const { agent, updater } = boot('a', fakeUpdater());
    await agent.poke();
    await until(() => agent.state().phase === 'downloaded', 'it is downloaded');
    stub.target('a').action!.state = 'canceling';
    await agent.poke();
    expect(told('a').at(-1)).toBe('cancelAction closed success');
    expect(stub.target('a').action!.state).toBe('canceled');
    expect(agent.state()).toMatchObject({ action: '', phase: 'none' });
    expect(readdirSync(join(root, 'a'))).toEqual(['hawkbit.json']);
    expect(updater.installed).toEqual([]);
  });

  test('of an action that is written already is rejected', async () => {
    stub.target('a').action = action('7');
    const { agent } = boot('a', fakeUpdater());
    await agent.poke();
    await until(() => agent.state().phase === 'restarting', 'it is written');
    stub.target('a').action!.state = 'canceling';
    await agent.poke();
    expect(told('a').at(-1)).toBe('cancelAction rejected failure');
    expect(agent.state()).toMatchObject({ action: '7', phase: 'restarting' });
  });
});

describe('a token', () => {
  test('that the server does not take is a problem in words, and the right one goes through', async () => {
    stub.authorization = (name) => `TargetToken of-${name}`;
    const wrong = boot('a', fakeUpdater(), { token: 'TargetToken nope' });
    await wrong.agent.poke();
    expect(wrong.agent.state().problem).toContain('the server answered 401: it does not take the token or certificate of this gateway (a)');
    const right = boot('a', fakeUpdater(), { token: 'TargetToken of-a' });
    await right.agent.poke();
    expect(right.agent.state().problem).toBe('');
  });
});

describe('a roll-out', () => {
  // @covers issue:17#2
  test('to 50 gateways with 3 bad ones ends with 47 updated and 3 rolled back, all reported', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `gw${String(i).padStart(2, '0')}`);
    const bad = new Set(['gw07', 'gw23', 'gw41']);
    for (const name of names) stub.target(name).action = action(`a-${name}`);
    const updaters = new Map(names.map((name) => [name, fakeUpdater()]));
    for (const name of bad) updaters.get(name)!.fault = 'READY was not reached.';
    const first = names.map((name) => boot(name, updaters.get(name)));
    for (const { agent } of first) agent.start();
    await until(() => first.every((b) => b.agent.state().phase === 'restarting'), 'all wait for the restart', 30_000);
    for (const { agent } of first) await agent.stop();
    for (const updater of updaters.values()) updater.restart();
    const second = names.map((name) => boot(name, updaters.get(name)));
    for (const { agent } of second) agent.start();
    await until(() => names.every((n) => stub.target(n).action!.state !== 'running'), 'all are reported', 30_000);
    const by = (state: string) => names.filter((n) => stub.target(n).action!.state === state);
    expect(by('finished').length).toBe(47);
    expect(by('error')).toEqual([...bad]);
    for (const name of bad) expect(stub.target(name).feedback.at(-1)!.details[0]).toBe('Rolled back to 1: READY was not reached.');
    expect([...updaters.values()].filter((u) => u.version === '2').length).toBe(47);
    expect([...updaters.values()].every((u) => u.installed.length === 1)).toBe(true);
  });
});
