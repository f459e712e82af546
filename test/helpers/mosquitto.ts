// A mosquitto of the test's own, on a free port, that can be stopped and started again on the same port.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { havePart } from './parts.ts';

export const haveMosquitto = havePart('mosquitto', 'mosquitto');

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  start(): Promise<void>;
  /** @param signal SIGTERM saves the persistence file, SIGKILL does not */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** @param extra further lines of mosquitto.conf; `{folder}` and `{port}` are filled in */
export async function startMosquitto(
  extra = 'allow_anonymous true',
  options: { port?: number; listener?: string } = {},
): Promise<Mosquitto> {
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), 'kuiper-mosquitto-'));
  const conf = path.join(folder, 'mosquitto.conf');
  const text = `${options.listener ?? `listener ${port} 127.0.0.1`}\n${extra}\n`
    .replaceAll('{folder}', folder)
    .replaceAll('{port}', String(port));
  writeFileSync(conf, (process.getuid?.() === 0 ? 'user root\n' : '') + text);
  let child: ChildProcess | undefined;
  const self: Mosquitto = {
    port,
    url: `tcp://127.0.0.1:${port}`,
    folder,
    async start() {
      child = spawn('mosquitto', ['-c', conf], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` } });
      const deadline = Date.now() + 10_000;
      for (;;) {
        const ok = await new Promise<boolean>((resolve) => {
          const s = net.connect(port, '127.0.0.1', () => {
            s.destroy();
            resolve(true);
          });
          s.on('error', () => resolve(false));
        });
        if (ok) return;
        if (Date.now() > deadline || child.exitCode !== null) throw new Error(`mosquitto did not start: ${conf}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop(signal = 'SIGTERM') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
      child = undefined;
    },
    async remove() {
      await self.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await self.start();
  return self;
}

/** Waits until `test` holds. @throws after the deadline, with `what` in the text */
export async function until(test: () => boolean | Promise<boolean>, what: string, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
