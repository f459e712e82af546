// Shared by the scenarios: starting the publisher and the bare loop, and counting what arrives.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs the publisher process to its end. */
export async function publish(port: number, count: number, rate: number, topic: string): Promise<{ sent: number; ms: number }> {
  const child = spawn(process.execPath, ['bench/publisher.ts', String(port), String(count), String(rate), topic], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (d: string) => {
    out += d;
  });
  await once(child, 'close');
  return JSON.parse(out) as { sent: number; ms: number };
}

export interface Bare {
  readonly pid: number;
  counts(): Promise<{ received: number; passed: number }>;
  stop(): Promise<void>;
}

export async function startBare(port: number, topic: string, out?: string): Promise<Bare> {
  const child: ChildProcess = fork('bench/bare.ts', [String(port), topic, ...(out ? [out] : [])], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    pid: child.pid!,
    async counts() {
      const answer = once(child, 'message');
      child.send('counts');
      return (await answer)[0] as { received: number; passed: number };
    },
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Waits until `read` gives at least `want` or stands still for 3 s. */
export async function settled(read: () => Promise<number>, want: number): Promise<number> {
  let last = -1;
  let since = Date.now();
  for (;;) {
    const n = await read();
    if (n >= want) return n;
    if (n !== last) {
      last = n;
      since = Date.now();
    } else if (Date.now() - since > 3000) return n;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
