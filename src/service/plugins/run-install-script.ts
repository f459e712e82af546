// Runs the install.sh of a plugin's archive, as eKuiper does: only when basic.enableInstallScript allows it. The script sees the unpacked
// archive as its folder, runs as the gateway's own user, and must end within five minutes.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Log } from '../../base/log.ts';
import { nodeChildProcess } from '../../base/node-builtins.ts';
import type { ArchiveEntry } from '../../plugin-host/index.ts';

const LIMIT_MS = 300_000;
/** End of the output that an error quotes, characters. */
const QUOTED = 500;

export interface InstallScript {
  plugin: string;
  /** Everything in the archive, install.sh included. */
  entries: readonly ArchiveEntry[];
  /** Arguments of the script. */
  shellParas: readonly string[];
  rootPath: string;
}

/** @throws Error naming the exit code and the end of the output; what the script did until then stays */
export async function runInstallScript({ plugin, entries, shellParas, rootPath }: InstallScript, log: Log): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kuiper-install-'));
  try {
    for (const e of entries) {
      await mkdir(dirname(join(folder, e.path)), { recursive: true });
      await writeFile(join(folder, e.path), e.content);
    }
    const output = await run(folder, shellParas, rootPath);
    log.info({ plugin, output: output.slice(-QUOTED) }, 'The install script of a plugin has run.');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(folder: string, shellParas: readonly string[], rootPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // nothing of the gateway's environment: it may hold secrets
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: folder, KUIPER_ROOT: rootPath };
    // a group of its own, so that what the script started ends with it
    const child = nodeChildProcess().spawn('/bin/sh', [join(folder, 'install.sh'), ...shellParas], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (text: Buffer) => {
      output = (output + text.toString()).slice(-QUOTED * 4);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, LIMIT_MS);
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      const end = output.trim().slice(-QUOTED);
      if (code === 0) resolve(output);
      else if (late) reject(new Error(`install.sh did not end within ${LIMIT_MS / 1000} s: ${end}`));
      else reject(new Error(`install.sh ended with ${code ?? signal}: ${end}`));
    });
  });
}
