// `npm run kuiperd` is how scripts start the daemon: a signal to npm must reach it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const REPO = join(import.meta.dirname, '../..');

test('SIGTERM to npm stops the daemon', async () => {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-npm-'));
  const npm = spawn('npm', ['run', 'kuiperd', '--', '--root', root], {
    cwd: REPO,
    env: { ...process.env, KUIPER__BASIC__RESTPORT: '0', KUIPER__SOURCE__HTTPSERVERPORT: '0' },
  });
  try {
    let out = '';
    await new Promise<void>((resolve, reject) => {
      npm.stdout.on('data', (d: Buffer) => {
        out += d.toString();
        if (out.includes('Serving kuiper')) resolve();
      });
      npm.once('exit', () => reject(new Error(out)));
    });
    const pid = Number(readFileSync(join(root, 'data/kuiperd.pid'), 'utf8'));
    const ended = new Promise<void>((resolve) => npm.once('close', () => resolve()));
    npm.kill('SIGTERM');
    await ended;
    expect(out).toContain('Kuiper Gateway has stopped.');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  } finally {
    npm.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  }
}, 30_000);
