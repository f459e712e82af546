// Starts mosquitto and our daemon on free ports with a scratch root, runs the conformance runner, and compares its report with the list of
// known differences. Usage: SQL_COMPATIBILITY=ekuiper|standard node scripts/conformance.ts FOLDER [runner options]
// FAILURES=file writes what failed without being listed as JSON, for sql-differences.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { listedDifferences } from './lib/sql-differences.ts';

interface CheckResult {
  area: string;
  name: string;
  what: string;
  fail: string;
}

/** Areas whose answers are those of SQL: with standard SQL only these are run. What is left out knows no expressions (REST, metadata, life cycles). */
const SQL_AREAS =
  'aggregate analytic array cast data datetime errors format hash join json lookup math meta misc object operator pipeline select shared sink srf string table typed window'.split(
    ' ',
  );

async function freePort(preferred = 0): Promise<number> {
  const server = net.createServer().listen(preferred, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (preferred === 0) throw error;
    return freePort(); // taken: some answers then differ by the port
  }
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const [folder, ...rest] = process.argv.slice(2);
if (!folder) throw new Error('usage: node scripts/conformance.ts FOLDER [runner options]');
const sql = process.env['SQL_COMPATIBILITY'] ?? 'ekuiper';
const scratch = mkdtempSync(path.join(tmpdir(), 'kuiper-conformance-'));
const brokerPort = await freePort(1893); // the broker's port when the vectors were recorded; some answers hold it
const restPort = await freePort();
const dataPort = await freePort();
writeFileSync(
  path.join(scratch, 'mosquitto.conf'),
  `listener ${brokerPort} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000\n`,
);
const broker = spawn('mosquitto', ['-c', path.join(scratch, 'mosquitto.conf')], { stdio: 'ignore' });
const daemon = spawn(process.execPath, ['src/daemon/main.ts', '--root', path.join(scratch, 'root')], {
  stdio: ['ignore', process.env['KUIPER_LOG'] ? 'inherit' : 'ignore', 'inherit'],
  env: {
    ...process.env,
    TZ: 'UTC',
    KUIPER__BASIC__RESTPORT: String(restPort),
    KUIPER__BASIC__TIMEZONE: 'UTC',
    KUIPER__BASIC__SQLCOMPATIBILITY: sql,
    KUIPER__BASIC__ENABLEPRIVATENET: 'true',
    KUIPER__SOURCE__HTTPSERVERPORT: String(dataPort),
    MQTT_SOURCE__DEFAULT__SERVER: `tcp://127.0.0.1:${brokerPort}`,
  },
});
let code = 1;
try {
  const base = `http://127.0.0.1:${restPort}`;
  const deadline = Date.now() + 20_000;
  while (
    !(await fetch(`${base}/ping`).then(
      (r) => r.ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline || daemon.exitCode !== null) throw new Error('the daemon did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const report = path.join(scratch, 'report.json');
  const given = rest.some((a) => a.endsWith('.json') || a.includes('/vectors'));
  const files = given ? [] : (sql === 'standard' ? SQL_AREAS : ['']).map((area) => path.join(folder, 'vectors', area));
  const runner = spawn(
    process.execPath,
    [path.join(folder, 'run.mjs'), '--base', base, '--mqtt', `mqtt://127.0.0.1:${brokerPort}`, '--json', report, ...rest, ...files],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  runner.stdout.setEncoding('utf8').on('data', (d: string) => {
    output += d;
  });
  await once(runner, 'close');
  const known = [
    ...(JSON.parse(readFileSync('test/compat/differences.json', 'utf8')) as { area: string; name: string; what: string }[]).map(
      (k) => `${k.area}/${k.name} ${k.what}`,
    ),
    ...(sql === 'standard' ? listedDifferences() : []),
  ];
  const results = (JSON.parse(readFileSync(report, 'utf8')) as { results: CheckResult[] }).results;
  const failed = results.filter((r) => r.fail);
  const idOf = (r: CheckResult) => `${r.area}/${r.name} ${r.what}`;
  const listed = new Set(known);
  const isKnown = (r: CheckResult) => listed.has(idOf(r));
  const unexpected = failed.filter((r) => !isKnown(r));
  const areas = Object.groupBy(results, (r) => r.area);
  if (unexpected.length || process.env['VERBOSE']) process.stdout.write(output.replace(/^\d+ passed, \d+ failed$/m, ''));
  for (const area of Object.keys(areas).sort())
    console.log(`${area}: ${areas[area]!.filter((r) => !r.fail).length}/${areas[area]!.length}`);
  const passed = new Set(results.filter((r) => !r.fail).map(idOf));
  const ran = new Set(results.map(idOf));
  // stale: it passes, or it is not there any more; a filtered run sees the first kind only
  const stale = known.filter((k) => passed.has(k) || (rest.length === 0 && !ran.has(k)));
  for (const k of stale) console.log(`no difference any more, take it from the list: ${k}`);
  const out = process.env['FAILURES'];
  if (out)
    writeFileSync(
      out,
      JSON.stringify(
        unexpected.map((r) => ({ id: idOf(r), fail: r.fail })),
        null,
        1,
      ),
    );
  console.log(
    `conformance with ${sql}: ${results.length - failed.length} passed, ${failed.length - unexpected.length} known differences, ${unexpected.length} unexpected failures, ${stale.length} stale`,
  );
  code = unexpected.length || stale.length ? 1 : 0;
} finally {
  daemon.kill('SIGTERM');
  broker.kill('SIGTERM');
  const late = setTimeout(() => daemon.kill('SIGKILL'), 5000);
  if (daemon.exitCode === null) await once(daemon, 'exit');
  clearTimeout(late);
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(code);
