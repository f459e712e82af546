// Stands in for systemd's kuiper-plugins.socket and kuiper-plugins@.service: each connection gets a plugin host of its own, under another user
// when the test runs as root. (The units themselves are checked in the image, test/image/checks.)
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripTypes } from '../../../src/plugin-host/files/strip-types.ts';

export const isRoot = process.getuid?.() === 0;
/** nobody */
export const HOST_UID = 65_534;

export interface HostLauncher {
  readonly path: string;
  /** Hosts started so far. */
  readonly started: number;
  close(): void;
}

export async function startHostLauncher(): Promise<HostLauncher> {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-hosts-'));
  chmodSync(folder, 0o755);
  for (const name of ['pen', 'pen-start', 'frames']) {
    const text = readFileSync(join(import.meta.dirname, `../../../src/plugin-host/worker/${name}.ts`), 'utf8');
    writeFileSync(join(folder, `${name}.js`), stripTypes(text), { mode: 0o644 });
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}', { mode: 0o644 });
  const drop = `data:text/javascript,process.setgroups([]);process.setgid(${HOST_UID});process.setuid(${HOST_UID})`;
  const children = new Set<ChildProcess>();
  let started = 0;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    started++;
    const { fd } = (socket as Socket & { _handle: { fd: number } })._handle;
    const child = spawn(process.execPath, [...(isRoot ? [`--import=${drop}`] : []), join(folder, 'pen-start.js')], {
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      detached: true,
      stdio: [fd, 'ignore', process.env['HOST_LOG'] ? 'inherit' : 'ignore'],
    });
    children.add(child);
    socket.destroy();
    child.once('exit', () => {
      children.delete(child);
      endGroup(child);
    });
  });
  const path = join(folder, 'plugins.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    get started() {
      return started;
    },
    close() {
      server.close();
      for (const child of children) endGroup(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As the unit's KillMode=control-group: what a plugin has started ends with its host. */
function endGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // nobody is left in it
  }
}
