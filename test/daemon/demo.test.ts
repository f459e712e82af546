// `make run` as a user sees it: taken ports, all three kinds of results, REST, Ctrl-C.
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const REPO = join(import.meta.dirname, '../..');

async function take(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    // somebody else has it already: that serves the test as well
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

describe('make run', () => {
  test('with both ports taken: says so, shows alarm, average and change, answers REST, stops within 2 s of Ctrl-C', async () => {
    const others = [await take(9081), await take(1883)];
    const child = spawn(join(REPO, 'node_modules/node/bin/node'), ['src/daemon/demo.ts'], {
      cwd: REPO,
      env: { PATH: process.env['PATH'] },
    });
    let out = '';
    const seen = async (pattern: RegExp, limitMs: number): Promise<string> => {
      for (const endMs = performance.now() + limitMs; performance.now() < endMs; await new Promise((r) => setTimeout(r, 50))) {
        const found = pattern.exec(out);
        if (found) return found[1] ?? found[0];
      }
      throw new Error(`${pattern} did not come; output:\n${out}`);
    };
    child.stdout.on('data', (d: Buffer) => {
      out += d.toString();
    });
    try {
      const url = await seen(/REST +(http:\S+)/, 15_000);
      expect(out).toMatch(/Port 9081 is taken; REST uses \d+\./);
      expect(out).toMatch(/Port 1883 is taken; the broker uses \d+\./);
      await seen(/^\d\d:\d\d:\d\d {2}change +pump-1 +unknown → running$/m, 10_000);
      await seen(/^\d\d:\d\d:\d\d {2}average {2}fan-2 +\d+\.\d °C +\d+\.\d\d mm\/s \(highest\) {2}\d+ readings in 5 s$/m, 15_000);
      await seen(/^\d\d:\d\d:\d\d {2}ALARM {4}pump-1 +\d+\.\d °C +\d+\.\d\d mm\/s$/m, 15_000);
      await seen(/^\d\d:\d\d:\d\d {2}pump {5}tank {6}(on|off) at \d+\.\d cm$/m, 10_000);
      const rules = (await (await fetch(`${url}/rules`)).json()) as { id: string; status: string }[];
      const scale = !out.includes('install socat');
      if (scale) await seen(/^\d\d:\d\d:\d\d {2}weight {3}scale +-?\d+\.\d\d kg$/m, 10_000);
      expect(rules.map((r) => `${r.id} ${r.status}`)).toEqual(
        ['demo_alarm', 'demo_average', 'demo_change', ...(scale ? ['demo_scale'] : []), 'demo_tank'].map((id) => `${id} running`),
      );
      // no terminal: no colours
      expect(out).not.toContain('\u001b');
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const beganMs = performance.now();
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(performance.now() - beganMs).toBeLessThan(2_000);
      expect(out).toMatch(/Stopped after \d+ results\./);
    } finally {
      child.kill('SIGKILL');
      for (const s of others) s?.close();
    }
  }, 60_000);
});
