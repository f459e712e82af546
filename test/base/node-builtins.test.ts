// A gateway at rest must not load what only some rules need.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const repo = join(import.meta.dirname, '../..');

test('a start without rules loads neither webcrypto nor undici nor zlib', { timeout: 30_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'idle-'));
  const report = `data:text/javascript,${encodeURIComponent(
    `process.on('exit', () => process.stderr.write('\\nloaded ' + process.moduleLoadList.join('|')));
     const write = process.stdout.write.bind(process.stdout);
     process.stdout.write = (text, ...rest) => { if (String(text).includes('Serving kuiper')) setTimeout(() => process.exit(0), 300); return write(text, ...rest); };`,
  )}`;
  try {
    const done = spawnSync(
      join(repo, 'node_modules/node/bin/node'),
      ['--import', report, join(repo, 'src/daemon/main.ts'), '--root', root],
      {
        encoding: 'utf8',
        timeout: 25_000,
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: join(repo, '.cache/compile'),
          KUIPER__BASIC__RESTPORT: '0',
          KUIPER__SOURCE__HTTPSERVERPORT: '0',
        },
      },
    );
    const loaded = /loaded (.*)/.exec(done.stderr)?.[1]?.split('|') ?? [];
    expect(loaded).toContain('NativeModule http');
    // crypto itself is needed: the sealed copy of the configuration is opened at each start. Its web part is what costs memory
    expect(loaded.filter((name) => /^NativeModule (internal\/crypto\/webcrypto|zlib|tls|https|internal\/deps\/undici)/.test(name))).toEqual(
      [],
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
