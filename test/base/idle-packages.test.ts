// Clients of databases and brokers cost nothing until a rule uses them: no package of theirs is loaded by a gateway at rest. Its own
// files are counted, so that a start stays cheap.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const repo = join(import.meta.dirname, '../..');

test('a start without rules loads few files, and no package of a database or broker', { timeout: 30_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'idle-'));
  const report = `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from 'node:module';
     const count = {};
     registerHooks({ load(url, context, next) { const m = /node_modules\\/((@[^/]+\\/)?[^/]+)/.exec(url); const name = m ? m[1] : url.startsWith('file:') ? 'own' : 'node'; count[name] = (count[name] ?? 0) + 1; return next(url, context); } });
     process.on('exit', () => process.stderr.write('\\nloaded ' + JSON.stringify(count)));
     const write = process.stdout.write.bind(process.stdout);
     process.stdout.write = (text, ...rest) => { if (String(text).includes('Serving kuiper')) setTimeout(() => process.exit(0), 300); return write(text, ...rest); };`,
  )}`;
  try {
    const args = ['--import', report, join(repo, 'src/daemon/main.ts'), '--root', root];
    const env = { PATH: process.env['PATH'], KUIPER__BASIC__RESTPORT: '0', KUIPER__SOURCE__HTTPSERVERPORT: '0' };
    const done = spawnSync(join(repo, 'node_modules/node/bin/node'), args, { encoding: 'utf8', timeout: 25_000, env });
    const files = JSON.parse(/\nloaded (.*)/.exec(done.stderr)?.[1] ?? '{}') as Record<string, number>;
    expect(files).toHaveProperty('own');
    expect(files).toHaveProperty('sqlite3');
    const clients = /^(@redis|pg|mysql2|@platformatic|@nats-io|amqplib|mqtt|modbus|serialport|ws$)/;
    expect(Object.keys(files).filter((name) => clients.test(name))).toEqual([]);
    // what a start costs, counted: its processor time is measured by `make bench`
    const { own, node: _, ...packages } = files;
    expect(own).toBeLessThanOrEqual(480);
    expect(
      Object.values(packages).reduce((a, b) => a + b, 0),
      JSON.stringify(packages),
    ).toBeLessThanOrEqual(80);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
