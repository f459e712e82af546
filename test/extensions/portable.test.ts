// Portable plugins of eKuiper's own SDK, installed over REST, as source, sink and function of rules of a whole gateway; and what becomes of them when
// their process dies, hangs or cannot start.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { CallSite, OutsidePlace, ScalarDefinition } from '../../src/contract/function.ts';
import type { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import { endLeftOver, noteProcess } from '../../src/extensions/portable/left-over.ts';
import { createPortablePlugins } from '../../src/extensions/portable/portable-plugins.ts';
import { writeArchive } from '../../src/plugin-host/index.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';
import { portableKills } from './portable-kills.ts';
import { hasSdk, SDK_PYTHON, samplePlugin, uniqueName } from './portable-sample.ts';

if (!hasSdk && process.env['CI'] === 'true') throw new Error('eKuiper SDK is missing: scripts/test-deps.sh installs it');
if (!hasSdk) console.warn('portable plugins: left out without .cache/ekuiper-sdk (scripts/test-deps.sh)');

const WITHIN_MS = 40_000;
/** More of them, at moments of chance: scripts/portable-campaign.ts. */
const KILLS = 4;

async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>, what: string): Promise<T> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not come within ${WITHIN_MS} ms`);
    await sleep(50);
  }
}

const zipAt = (root: string, name: string, p: string): string => {
  const file = join(root, 'data/uploads', `${name}.zip`);
  writeFileSync(file, writeArchive(samplePlugin(p)));
  return `file://${file}`;
};
const reversed = (text: string): string => [...text].reverse().join('');
const rowsOf = (file: string): Record<string, unknown>[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter((l) => l !== '')
        .flatMap((l) => JSON.parse(l) as Record<string, unknown>[])
    : [];

describe.skipIf(!hasSdk)('a portable plugin of eKuiper’s SDK', () => {
  const p = uniqueName();
  let g: RealGateway;
  let out: string;
  const status = async () =>
    JSON.parse((await g.call('GET', `/plugins/portables/${p}/status`)).text) as { pid: number; status: string; restarts: number };

  beforeAll(async () => {
    g = await realGateway({ KUIPER__PORTABLE__PYTHONBIN: SDK_PYTHON });
    const { status: code, text } = await g.call('POST', '/plugins/portables', { name: p, file: zipAt(g.root, p, p) });
    expect([code, text.trim()]).toEqual([201, `portable plugin ${p} is created`]);
  }, 60_000);
  afterAll(() => g.close());
  beforeEach(() => {
    out = join(g.root, `${uniqueName()}.txt`);
  });
  afterEach(async () => {
    for (const id of ['s', 'f', 'w']) await g.call('DELETE', `/rules/${id}`);
    await g.call('DELETE', '/streams/count');
    await g.call('DELETE', '/streams/mem');
  });

  // @covers issue:21#6
  it('is listed with what is in it, once, and its conf keys are there', async () => {
    const info = JSON.parse((await g.call('GET', `/plugins/portables/${p}`)).text);
    expect(info).toMatchObject({
      name: p,
      version: 'v1.0.0',
      language: 'python',
      sources: [`${p}count`, `${p}odd`],
      sinks: [`${p}lines`, `${p}sometimes`],
    });
    expect(JSON.parse((await g.call('GET', '/plugins/portables')).text)).toEqual([info]);
    expect((await g.call('POST', '/plugins/portables', { name: p, file: zipAt(g.root, p, p) })).text).toContain('duplicate');
    expect(JSON.parse((await g.call('GET', `/metadata/sources/yaml/${p}count`)).text)).toMatchObject({ slow: { every: 500 } });
    expect((await g.call('GET', '/plugins/portables/none/status')).status).toBe(404);
  });

  it(
    'is source and sink of a rule that goes on when its process is killed time and again',
    async () => {
      // a rate at which even a busy machine catches up after each kill: a row of the new process waits for all rows before it
      await g.call('POST', '/streams', {
        sql: `CREATE STREAM count () WITH (TYPE="${p}count", DATASOURCE="here", FORMAT="json", CONF_KEY="steady")`,
      });
      const made = await g.call('POST', '/rules', {
        id: 's',
        sql: 'SELECT n, place AS f, pid, meta(k) AS k FROM count',
        actions: [{ [`${p}lines`]: { file: out, requireAck: true } }],
        options: { debug: false },
      });
      expect(made.text).toContain('created');
      const first = await until(() => rowsOf(out)[0], 'the first row');
      expect(first).toMatchObject({ f: 'here', k: 'v' });
      const report = await portableKills(g, { plugin: p, out, kills: KILLS, random: () => 0.5 });
      // an ack is waited for: of what a process gave no row is missing, and only the one on its way at a kill may come twice
      expect(report.twice).toBeLessThanOrEqual(KILLS);
      expect(report).toMatchObject({ kills: KILLS, disordered: [], restarts: KILLS, state: 'running', status: 'running' });
    },
    60_000 + KILLS * 60_000,
  );

  it('its functions answer in rules: values, aggregates, errors; the end of its process costs no row', async () => {
    await g.call('POST', '/streams', { sql: `CREATE STREAM mem () WITH (TYPE="memory", DATASOURCE="${p}", FORMAT="json")` });
    await g.call('POST', '/streams', {
      sql: `CREATE STREAM count () WITH (TYPE="${p}count", DATASOURCE="x", FORMAT="json", CONF_KEY="slow")`,
    });
    await g.call('POST', '/rules', {
      id: 'f',
      sql: `SELECT ${p}revert(concat("ab", cast(n, "string"))) AS r, ${p}revert("pid") AS pid, n FROM count`,
      actions: [{ file: { path: out, fileType: 'lines', format: 'json', sendSingle: true } }],
    });
    await g.call('POST', '/rules', {
      id: 'w',
      sql: `SELECT ${p}total(n) AS t, count(*) AS c FROM count GROUP BY COUNTWINDOW(2)`,
      actions: [{ [`${p}lines`]: { file: `${out}.w`, sendSingle: true } }],
    });
    const row = await until(() => rowsOf(out)[0], 'a row');
    expect(row['r']).toBe(reversed(`ab${String(row['n'])}`));
    expect(row['pid']).toBe((await status()).pid);
    expect(await until(() => rowsOf(`${out}.w`)[0], 'a window')).toMatchObject({ t: expect.any(Number) as number, c: 2 });
    process.kill((await status()).pid, 'SIGKILL');
    const later = await until(() => rowsOf(out).find((r) => r['pid'] !== row['pid']), 'a row of the next process');
    expect(later['r']).toBe(reversed(`ab${String(later['n'])}`));
    const ruleStatus = JSON.parse((await g.call('GET', '/rules/f/status')).text) as Record<string, unknown>;
    expect(Object.entries(ruleStatus).filter(([k, v]) => k.startsWith('op_') && k.endsWith('exceptions_total') && v !== 0)).toEqual([]);
  }, 120_000);

  it('goes with an export, and is removed with its process and files', async () => {
    const exported = JSON.parse((await g.call('GET', '/data/export')).text) as { portablePlugins: Record<string, string> };
    expect(Object.keys(exported.portablePlugins)).toEqual([p]);
    const { pid } = await status();
    expect((await g.call('DELETE', `/plugins/portables/${p}`)).text).toContain(`portable plugin ${p} is deleted`);
    await until(() => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    }, 'the end of the process');
    expect(existsSync(join(g.root, 'plugins/portable', p))).toBe(false);
    expect(existsSync(join(g.root, 'etc/sources', `${p}count.yaml`))).toBe(false);
    expect(JSON.parse((await g.call('GET', '/plugins/portables')).text)).toEqual([]);
    const taken = await g.call('POST', '/data/import?partial=1', {
      content: JSON.stringify({ portablePlugins: exported.portablePlugins }),
    });
    expect(taken.text).toContain('"ErrorMsg":""');
    expect(await status()).toMatchObject({ status: 'running' });
  }, 60_000);
});

describe.skipIf(!hasSdk)('a call of a function', () => {
  const p = uniqueName();
  const root = mkdtempSync(join(tmpdir(), 'kuiper-portable-'));
  const { log, lines } = createMemoryLog();
  const plugins = createPortablePlugins({
    folder: join(root, 'portable'),
    etc: join(root, 'etc'),
    notes: join(root, 'notes'),
    clock: createRealClock(),
    log,
    pythonBin: () => SDK_PYTHON,
    refusal: () => undefined,
  });
  const call = (arg: unknown) =>
    new Promise<Value>((resolve, reject) => {
      const calls = {
        call: (place: OutsidePlace, argsOf: () => unknown[]) => {
          place.ask(argsOf(), (value, error) => (error === undefined ? resolve(value) : reject(error as Error)));
          return null;
        },
      };
      const site = { name: `${p}revert`, args: [], env: { ruleId: 'r', outside: calls } } as unknown as CallSite;
      const def = plugins.functions.get(`${p}revert`) as ScalarDefinition;
      def.compile!([() => arg as Value], site)({} as Tuple);
    });
  beforeAll(() => plugins.install(p, samplePlugin(p)), 60_000);
  afterAll(async () => {
    await plugins.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('gives values back, with all digits of large numbers, and what the plugin raises is an error of the row', async () => {
    expect(await call('abc')).toBe('cba');
    expect(await call({ a: [1n, 'x'], d: null })).toEqual({ a: [1, 'x'], d: null });
    await expect(call('raise')).rejects.toThrow(`call func ${p}revert error: Traceback`);
    await expect(call('raise')).rejects.toThrow(expect.objectContaining({ code: 'EVAL_FAILED' }) as Error);
    expect(plugins.functions.get(`${p}total`)!.kind).toBe('aggregate');
  });

  it('that ends the process twice is an error of its row; the next one is well', async () => {
    const before = plugins.status(p)!;
    await expect(call('die')).rejects.toThrow(`call func ${p}revert error: its process ended`);
    expect(await call('abc')).toBe('cba');
    const after = plugins.status(p)!;
    expect([before.pid === after.pid, after.restarts - before.restarts, after.status]).toEqual([false, 2, 'running']);
    expect(String(lines.find((l) => l.code === 'PORTABLE_ENDED')!.cause)).toContain('it ended with code 3');
  }, 60_000);

  it('that gives no answer ends the process after 5 s; the next one is well', async () => {
    const { pid } = plugins.status(p)!;
    await expect(call('hang')).rejects.toThrow('no answer within 5 s');
    expect(await call('abc')).toBe('cba');
    expect(plugins.status(p)!.pid).not.toBe(pid);
  }, 60_000);

  it('a process that a killed gateway left is ended at the next start', async () => {
    const left = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const ended = new Promise((resolve) => left.once('exit', (_code, signal) => resolve(signal)));
    const note = join(root, 'left.pid');
    noteProcess(note, left.pid!);
    // the same pid with another time of its start is somebody else
    writeFileSync(join(root, 'other.pid'), `${left.pid} 1`);
    expect(endLeftOver(join(root, 'other.pid'))).toBeUndefined();
    expect(endLeftOver(note)).toBe(left.pid);
    expect(await ended).toBe('SIGKILL');
    expect(existsSync(note)).toBe(false);
  });
});

describe('without what it needs', () => {
  it('the answer says that there is no Python, and nothing is kept', async () => {
    const p = uniqueName();
    const g = await realGateway({ KUIPER__PORTABLE__PYTHONBIN: 'python-that-is-not-there' });
    try {
      const answer = await g.call('POST', '/plugins/portables', { name: p, file: zipAt(g.root, p, p) });
      expect([answer.status, answer.text]).toEqual([
        400,
        expect.stringContaining(`portable plugin ${p} needs Python, and there is no command python-that-is-not-there on this device`),
      ]);
      expect(existsSync(join(g.root, 'plugins/portable', p))).toBe(false);
      expect((await g.call('GET', '/plugins/portables')).text.trim()).toBe('[]');
      const other = await g.call('POST', '/plugins/portables', { name: 'x/../y', file: 'file:///x.zip' });
      expect(other.text).toContain("id 'x/../y' contains invalid characters");
    } finally {
      await g.close();
    }
  }, 60_000);

  it('a device whose plugins run under a user of their own runs none', async () => {
    const p = uniqueName();
    const g = await realGateway({ KUIPER__PLUGINS__SOCKET: '/run/none.sock' });
    try {
      const answer = await g.call('POST', '/plugins/portables', { name: p, file: zipAt(g.root, p, p) });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('plugins run under a user of their own')]);
    } finally {
      await g.close();
    }
  }, 60_000);
});
