// docs/plugins/tutorial.md: its commands run as they stand, in order, in a fresh folder and without a network, and print what the page says.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const REPO = resolve(import.meta.dirname, '../..');
const NODE = join(REPO, 'node_modules/node/bin/node');
let folder = '';
let port = 0;

/** `sh` blocks, each with the `text` block that follows it. */
function steps(): { commands: string; prints: string[] }[] {
  const out: { commands: string; prints: string[] }[] = [];
  for (const [, language, body] of readFileSync('docs/plugins/tutorial.md', 'utf8').matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm)) {
    if (language === 'sh') out.push({ commands: body!, prints: [] });
    else out.at(-1)!.prints.push(...body!.split('\n').filter(Boolean));
  }
  return out;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-tutorial-'));
  const bin = (name: string, file: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\nexec '${NODE}' '${join(REPO, file)}' "$@"\n`, { mode: 0o755 });
  bin('kuiper', 'src/cli/main.ts');
  bin('kuiperd', 'src/daemon/main.ts');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  ({ port } = server.address() as { port: number });
  await new Promise((done) => server.close(done));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// @covers issue:15#6
test('every command of the tutorial runs in a fresh folder, offline, and ends with output seen', () => {
  const all = steps();
  expect(all.length).toBeGreaterThan(8);
  const script = all.map((s, i) => `echo "=== step ${i}"\n${s.commands}`).join('\n');
  const { stdout, stderr, status } = spawnSync('bash', ['-e', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    env: {
      // no proxy and no registry that could be asked
      PATH: `${folder}:/usr/bin:/bin`,
      HOME: folder,
      NODE_COMPILE_CACHE: join(REPO, '.cache/compile'),
      npm_config_offline: 'true',
      KUIPER_URL: `http://127.0.0.1:${port}`,
      KUIPER__BASIC__RESTPORT: String(port),
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
    },
  });
  const parts = stdout.split(/^=== step \d+\n/m).slice(1);
  expect(parts.length, `${stdout}\n${stderr}`).toBe(all.length);
  all.forEach(({ commands, prints }, i) => {
    for (const line of prints) {
      const pattern = new RegExp(
        line
          .split('…')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*'),
      );
      expect(parts[i], `after:\n${commands}`).toMatch(pattern);
    }
  });
  expect(status, stderr).toBe(0);
}, 150_000);
