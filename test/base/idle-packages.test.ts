// Clients of databases and brokers cost nothing until a rule uses them: no package of theirs is loaded by a gateway at rest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const repo = join(import.meta.dirname, '../..');

test('a start without rules loads no package of a database or broker', { timeout: 30_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'idle-'));
  const report = `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from 'node:module';
     const seen = new Set();
     registerHooks({ load(url, context, next) { const m = /node_modules\\/((@[^/]+\\/)?[^/]+)/.exec(url); seen.add(m ? m[1] : 'own'); return next(url, context); } });
     process.on('exit', () => process.stderr.write('\\nloaded ' + [...seen].sort().join('|')));
     const write = process.stdout.write.bind(process.stdout);
     process.stdout.write = (text, ...rest) => { if (String(text).includes('Serving kuiper')) setTimeout(() => process.exit(0), 300); return write(text, ...rest); };`,
  )}`;
  try {
    const args = ['--import', report, join(repo, 'src/daemon/main.ts'), '--root', root];
    const env = { PATH: process.env['PATH'], KUIPER__BASIC__RESTPORT: '0', KUIPER__SOURCE__HTTPSERVERPORT: '0' };
    const done = spawnSync(join(repo, 'node_modules/node/bin/node'), args, { encoding: 'utf8', timeout: 25_000, env });
    const loaded = /loaded (.*)/.exec(done.stderr)?.[1]?.split('|') ?? [];
    expect(loaded).toContain('own');
    expect(loaded).toContain('sqlite3');
    const clients = /^(@redis|pg|mysql2|@platformatic|@nats-io|amqplib|mqtt|modbus|serialport|ws$)/;
    expect(loaded.filter((name) => clients.test(name))).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
