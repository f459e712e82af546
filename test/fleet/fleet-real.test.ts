// The fleet of the real gateway: off it costs nothing, a setting turns it on without a restart, and REST, the command line and `/` tell of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { until } from '../helpers/mosquitto.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

let box: RealGateway;
let site: string;
beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), 'kuiper-site-'));
  box = await realGateway();
});
afterAll(async () => {
  await box.close();
  rmSync(site, { recursive: true, force: true });
});
const fleet = async () => JSON.parse((await box.call('GET', '/fleet')).text) as any;

test('a gateway of no fleet says null, and follows a folder once it is set, names its problems, and stops when it is unset', async () => {
  expect(await fleet()).toBeNull();
  mkdirSync(join(site, 'streams'));
  mkdirSync(join(site, 'rules'));
  writeFileSync(join(site, 'streams/demo.sql'), 'CREATE STREAM demo () WITH (DATASOURCE="d", TYPE="memory", FORMAT="JSON")');
  writeFileSync(join(site, 'rules/r.yaml'), 'sql: SELECT * FROM demo\nactions: [{nop: {}}]\n');
  await box.call('PUT', '/settings/fleet.name', { value: 'hall3' });
  await box.call('PUT', '/settings/fleet.pull.interval', { value: '1s' });
  await box.call('PUT', '/settings/fleet.pull.prune', { value: false });
  expect((await box.call('PUT', '/settings/fleet.pull.url', { value: site })).status).toBe(200);
  await until(async () => (await box.call('GET', '/rules/r')).status === 200, 'the rule is there');
  expect(await fleet()).toMatchObject({
    name: 'hall3',
    groups: [],
    pull: { problem: '', revision: expect.stringMatching(/^[0-9a-f]{12}$/) },
  });
  expect(JSON.parse((await box.call('GET', '/rules/r/status')).text)).toMatchObject({ status: 'running' });

  writeFileSync(join(site, 'rules/bad.yaml'), 'sql: SELECT * FROM nowhere\nactions: [{nop: {}}]\n');
  await box.call('POST', '/fleet/poll');
  await until(async () => ((await fleet()).pull.problem as string).includes('nowhere'), 'the refusal is told');
  expect((JSON.parse((await box.call('GET', '/')).text) as { problems: string[] }).problems.join()).toContain(
    'Fleet, pull: refused, nothing was changed: rules/bad.yaml',
  );
  const lines: string[] = [];
  expect(await runCli(['--url', box.url, '--json', 'fleet', 'status'], {}, (t) => lines.push(t))).toBe(0);
  expect(lines.join('')).toContain('hall3');

  rmSync(join(site, 'rules/bad.yaml'));
  await box.call('POST', '/fleet/poll');
  await until(async () => (await fleet()).pull.problem === '', 'it is well again');
  await box.call('DELETE', '/settings/fleet.pull.url');
  await until(async () => (await fleet()) === null, 'it is off');
  expect((await box.call('GET', '/rules/r')).status).toBe(200);
});

test('a folder may bring the settings of the fleet itself', async () => {
  writeFileSync(
    join(site, 'settings.yaml'),
    `fleet:\n  name: renamed\n  pull:\n    url: ${JSON.stringify(site)}\n    interval: 1s\n    prune: false\n`,
  );
  await box.call('PUT', '/settings/fleet.pull.url', { value: site });
  await until(async () => (await fleet())?.name === 'renamed' && (await fleet()).pull?.problem === '', 'the new name counts');
});
