// A real eKuiper in a folder of its own, for tests that ask it whether it takes what we write. It is no part of the repository: the variable
// KUIPER_EKUIPER names its program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './mosquitto.ts';

export interface Ekuiper {
  call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }>;
  stop(): Promise<void>;
}

/** @param program its kuiperd; its folder `etc` is beside it or one folder above */
export async function startEkuiper(program: string, root: string): Promise<Ekuiper> {
  // it does not start without the folders of its plugins
  for (const folder of ['data', 'log', 'plugins/sources', 'plugins/sinks', 'plugins/functions', 'plugins/portable', 'plugins/wasm'])
    mkdirSync(path.join(root, folder), { recursive: true });
  const etc = ['etc', '../etc'].map((p) => path.join(path.dirname(path.resolve(program)), p)).find((p) => existsSync(p));
  if (etc) cpSync(etc, path.join(root, 'etc'), { recursive: true });
  const port = await freePort();
  const child = spawn(path.resolve(program), [], {
    cwd: root,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], KuiperBaseKey: root, KUIPER__BASIC__RESTPORT: String(port), KUIPER__BASIC__IGNORECASE: 'false' },
  });
  const gone = once(child, 'exit');
  const call = async (method: string, url: string, body?: unknown) => {
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, text: await answer.text() };
  };
  await until(
    () =>
      call('GET', '/ping').then(
        (a) => a.status === 200,
        () => false,
      ),
    'eKuiper answers',
    60_000,
  );
  return {
    call,
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
