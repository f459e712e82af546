// Settings have effect: those of our kuiper.yaml that no other test of a running gateway shows, those of eKuiper that we lack, and a look that no setting
// is read and then forgotten.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { absentSettings } from '../../src/config/absent-settings.ts';
import { foldersOf, loadSettings } from '../../src/config/index.ts';
import { passedSections } from '../../src/config/setting-specs.ts';
import { cacheOptions, ruleOptionSpecs } from '../../src/runtime/index.ts';
import { createMetricsDump } from '../../src/service/metrics-dump.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

const MAKE_EKUIPER_STORE = `
const sqlite3 = require('sqlite3');
const db = new sqlite3.Database(process.argv[1]);
db.serialize(() => {
  db.run("CREATE TABLE IF NOT EXISTS 'stream'('key' VARCHAR(255) PRIMARY KEY, 'val' BLOB)");
  db.run("INSERT INTO 'stream' VALUES ('demo', x'00')");
});
db.close();`;

let made: RealGateway | undefined;
afterEach(async () => {
  await made?.close();
  made = undefined;
});
const info = async () => JSON.parse((await made!.call('GET', '/')).text) as { notes?: string[] };
const simulated = async () => {
  await made!.call('PUT', '/metadata/sources/simulator/confKeys/fast', { data: [{ a: 1 }], interval: '5ms', loop: true });
  await made!.call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="simulator", CONF_KEY="fast")' });
};

// @covers finding:parity#silent
describe('settings of our kuiper.yaml', () => {
  it('ResourceProfileConfig measures the CPU time of each rule, also of what a window sends by itself', async () => {
    made = await realGateway({
      KUIPER__BASIC__RESOURCEPROFILECONFIG__ENABLE: 'true',
      KUIPER__BASIC__RESOURCEPROFILECONFIG__INTERVAL: '60ms',
      KUIPER__BASIC__PROMETHEUS: 'true',
      KUIPER__BASIC__PROMETHEUSPORT: '0',
    });
    await simulated();
    await made.call('POST', '/rules', { id: 'busy', sql: 'SELECT sha512(lpad("b", 2000)) AS y FROM s', actions: [{ nop: {} }] });
    await made.call('POST', '/rules', {
      id: 'windows',
      sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(ms, 20)',
      actions: [{ nop: {} }],
    });
    const usage = await vi.waitFor(
      async () => {
        const found = JSON.parse((await made!.call('GET', '/rules/usage/cpu')).text) as Record<string, number>;
        expect(Object.keys(found).sort()).toEqual(['busy', 'windows']);
        return found;
      },
      { timeout: 8000, interval: 30 },
    );
    for (const ms of Object.values(usage)) expect(ms).toBeGreaterThanOrEqual(0);
    const seconds = /kuiper_rule_cpu_time_seconds_total\{rule="busy"\} (\S+)/.exec(made.gateway.metricsText())?.[1];
    expect(Number(seconds)).toBeGreaterThan(0);
    await made.call('DELETE', '/rules/busy');
    expect(made.gateway.metricsText()).not.toContain('cpu_time_seconds_total{rule="busy"}');
  });

  it('without ResourceProfileConfig nothing is measured, in the words of eKuiper', async () => {
    made = await realGateway();
    expect((await made.call('GET', '/rules/usage/cpu')).text).toBe('cpu usage not enabled');
  });

  it('metricsDumpConfig writes metrics to files, which GET /metrics/dump packs; PATCH /configs switches it', async () => {
    made = await realGateway({ KUIPER__BASIC__METRICSDUMPCONFIG__ENABLE: 'true' });
    const folder = join(made.root, 'log/metrics');
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1));
    expect((await made.call('GET', '/metrics/dump/check')).text).toBe('enabled');
    const answer = await fetch(`${made.url}/metrics/dump`);
    expect(answer.status).toBe(200);
    const zip = join(made.root, 'dump.zip');
    writeFileSync(zip, Buffer.from(await answer.arrayBuffer()));
    expect(execFileSync('unzip', ['-p', zip, 'metrics.txt'], { encoding: 'utf8' })).toContain('kuiper_');
    expect((await made.call('GET', '/metrics/dump?startTime=1&endTime=2')).text).toContain('not metrics are selected');
    expect((await made.call('GET', '/metrics/dump?startTime=yesterday')).text).toContain('is not a number of seconds');
    expect((await made.call('PATCH', '/configs', { metricsDumpConfig: { enable: false } })).status).toBe(204);
    expect((await made.call('GET', '/metrics/dump/check')).text).toBe('disabled');
    expect((await made.call('GET', '/metrics/dump')).text).toContain('metrics dump not enabled');
    expect((await made.call('PATCH', '/configs', { metricsDumpConfig: { enable: 'yes' } })).text).toContain(
      'enable: \\"yes\\" is not true or false',
    );
  });

  it('metrics files older than retainedDuration are removed, others stay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-dump-'));
    const clock = createVirtualClock(Date.UTC(2026, 0, 31, 12, 30));
    const settings = () => ({ enabled: true, retainedMs: 6 * 3_600_000 });
    for (const name of ['metrics.20260131-06.log', 'metrics.20260131-05.log', 'other.log']) writeFileSync(join(folder, name), 'x');
    const dump = createMetricsDump({ folder, clock, log: createMemoryLog().log, text: () => 'kuiper_up 1\n', settings });
    await dump.close();
    expect(readdirSync(folder).sort()).toEqual(['metrics.20260131-06.log', 'metrics.20260131-12.log', 'other.log']);
    expect(readFileSync(join(folder, 'metrics.20260131-12.log'), 'utf8')).toBe('# 2026-01-31T12:30:00.000Z\nkuiper_up 1\n');
    rmSync(folder, { recursive: true });
  });

  it('enableRestAuditLog logs each call, and only then', async () => {
    made = await realGateway({ KUIPER__BASIC__ENABLERESTAUDITLOG: 'true' });
    await made.call('GET', '/streams');
    expect(made.lines.map((l) => JSON.stringify(l)).filter((l) => l.includes('"/streams"') && l.includes('REST call'))).toHaveLength(1);
  });

  it('prometheus on the port of REST serves /metrics there; ignoreCase matches columns in any case', async () => {
    made = await realGateway({ KUIPER__BASIC__PROMETHEUS: 'true', KUIPER__BASIC__PROMETHEUSPORT: '0', KUIPER__BASIC__IGNORECASE: 'true' });
    expect((await made.call('GET', '/metrics')).text).toContain('# TYPE kuiper_');
    await simulated();
    await made.call('POST', '/rules', {
      id: 'r',
      sql: 'SELECT A AS b FROM s',
      actions: [{ file: { path: 'out.txt', fileType: 'lines', sendSingle: true, rollingCount: 1, checkInterval: '10ms' } }],
    });
    await vi.waitFor(
      () => {
        const all = readdirSync(made!.root, { recursive: true, encoding: 'utf8' }).filter((f) => /out.*\.txt$/.test(f));
        expect(all.map((f) => readFileSync(join(made!.root, f), 'utf8')).join()).toContain('{"b":1}');
      },
      { timeout: 8000, interval: 50 },
    );
  });

  it('restAllowedHosts lets a caller use a host name, which is refused otherwise', async () => {
    made = await realGateway({ KUIPER__BASIC__RESTALLOWEDHOSTS: '[box.local]' });
    const { port } = new URL(made.url);
    const ask = (host: string) =>
      new Promise<number>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path: '/streams', headers: { Host: host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    expect([await ask('box.local'), await ask('evil.test')]).toEqual([200, 403]);
  });

  it('rotateSize and rotateCount bound the log files of a rule', async () => {
    made = await realGateway({ KUIPER__BASIC__ROTATESIZE: '400', KUIPER__BASIC__ROTATECOUNT: '2' });
    await simulated();
    const options = { debug: true, logFilename: 'noisy.log' };
    const sql = 'SELECT element_at([1], 7) AS b FROM s';
    await made.call('POST', '/rules', { id: 'noisy', sql, actions: [{ nop: { log: true } }], options });
    const files = () => readdirSync(join(made!.root, 'log')).filter((f) => f.startsWith('noisy.log'));
    for (let n = 0; n < 12; n++) {
      await made.call('POST', '/rules/noisy/restart');
      await vi.waitFor(() => expect(files().length).toBeGreaterThan(0), { timeout: 8000 });
    }
    await vi.waitFor(() => expect(files()).toHaveLength(3), { timeout: 8000, interval: 50 });
    await made.call('POST', '/rules/noisy/stop');
    // a file may end with a line that did not fit
    for (const f of files()) expect(readFileSync(join(made.root, 'log', f)).length).toBeLessThan(4000);
  });

  it('maxFields of history bounds the fields of all series', async () => {
    made = await realGateway({ KUIPER__HISTORY__MAXFIELDS: '1', KUIPER__HISTORY__FLUSHINTERVAL: '10ms' });
    await simulated();
    await made.call('POST', '/rules', { id: 'kept', sql: 'SELECT a, a + 1 AS b FROM s', actions: [{ history: { series: 'x' } }] });
    await vi.waitFor(async () => expect((await made!.call('GET', '/rules/kept/health')).text).toMatch(/fields/i), {
      timeout: 8000,
      interval: 50,
    });
    const { text } = await made.call('GET', '/history/x');
    expect(text).toContain('"a"');
    expect(text).not.toContain('"b"');
  });

  it('none is read and then forgotten: each is used outside of the code that reads them', () => {
    const { settings } = loadSettings(foldersOf(mkdtempSync(join(tmpdir(), 'kuiper-used-'))), {});
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.ts') && !f.startsWith('config/'))
      .map((f) => readFileSync(join('src', f), 'utf8'))
      .join('\n');
    const forgotten = Object.keys(settings).filter(
      (name) => !new RegExp(`(settings|next|config\\.settings|loaded\\.settings)(\\(\\)|\\?\\.\\(\\))?\\.${name}\\b`).test(sources),
    );
    expect(forgotten).toEqual([]);
  });

  it('sections rule and sink take exactly the declared options', () => {
    const own = (names: readonly string[]) => [...names].sort();
    expect(own(passedSections.sink)).toEqual(own(cacheOptions.map((o) => o.name)));
    expect(own(passedSections.rule)).toEqual(own(ruleOptionSpecs.map((o) => o.name)));
  });
});

// @covers finding:parity#silent
// @covers issue:18#2
describe('settings of eKuiper that this version does not have', () => {
  const yamlOf = (path: string, value: string) =>
    path
      .split('.')
      .reduceRight((inner, key) => `{${key}: ${inner}}`, value)
      .slice(1, -1);

  it.each(absentSettings.map((s) => s.path))('%s is named in the log and in GET /, with what to do instead', async (path) => {
    const spec = absentSettings.find((s) => s.path === path)!;
    made = await realGateway({}, `${yamlOf(path, '{something: else}')}\n`);
    const { notes = [] } = await info();
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`kuiper.yaml:1: ${path}: has no effect: ${spec.why}`);
    const logged = made.lines.map((l) => JSON.stringify(l)).filter((l) => l.includes('CONFIG_ABSENT'));
    expect(logged).toHaveLength(1);
  });

  it('values that ask for nothing are not worth a note, so that a stock file of eKuiper is taken over', async () => {
    const yaml =
      'basic:\n  consoleLog: true\n  fileLog: false\n  syslog: {enable: false, network: udp}\n  pluginHosts: https://packages.emqx.net\n  sql: {maxConnections: 0}\nstore:\n  type: sqlite\n  redis: {host: localhost}\nopenTelemetry: {serviceName: kuiperd-service, enableRemoteCollector: false}\n';
    made = await realGateway({}, yaml);
    expect((await info()).notes).toBeUndefined();
  });

  it('strictOptions refuses to start with a key that has no effect, and with a misspelt one', async () => {
    await expect(realGateway({}, 'basic:\n  strictOptions: true\nstore:\n  type: redis\n')).rejects.toThrow(
      'kuiper.yaml:4: store.type: has no effect: the gateway stores in SQLite files below data/',
    );
    await expect(realGateway({}, 'basic:\n  strictOptions: true\n  logLevl: info\n')).rejects.toThrow('did you mean logLevel?');
  });

  it('strictOptions refuses calls that ask for something without effect', async () => {
    made = await realGateway({}, 'basic:\n  strictOptions: true\n');
    const { status, text } = await made.call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM s', actions: [{ nop: { foo: 1 } }] });
    expect(status, text).toBe(400);
    const refused = await made.call('POST', '/connections', { id: 'c', typ: 'mqtt', props: { sever: 'x' } });
    expect([refused.status, refused.text.includes('did you mean server?')]).toEqual([400, true]);
  });

  it('a data folder of eKuiper is recognised, left as it is, and named with how to import it', async () => {
    made = await realGateway({}, '', (root) => {
      mkdirSync(join(root, 'data'));
      const file = join(root, 'data/sqliteKV.db');
      writeFileSync(file, '');
      execFileSync(process.execPath, ['-e', MAKE_EKUIPER_STORE, file], { cwd: process.cwd() });
      expect(existsSync(file)).toBe(true);
    });
    const { notes = [] } = await info();
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('holds streams and rules of eKuiper, which are not read');
    expect(made.lines.map((l) => JSON.stringify(l)).filter((l) => l.includes('EKUIPER_DATA'))).toHaveLength(1);
    const rows = await new Promise<{ key: string }[]>((resolve, reject) => {
      const db = new sqlite3.Database(join(made!.root, 'data/sqliteKV.db'));
      db.all("SELECT key FROM 'stream'", (error, found: { key: string }[]) => db.close(() => (error ? reject(error) : resolve(found))));
    });
    expect(rows).toEqual([{ key: 'demo' }]);
  });

  it('our own data folder is not taken for one of eKuiper', async () => {
    made = await realGateway();
    await made.call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="memory", DATASOURCE="t")' });
    const { hasEkuiperStore } = await import('../../src/store/index.ts');
    expect(hasEkuiperStore(join(made.root, 'data'))).toBe(false);
  });
});
