// Pulling plugs: two instruments on ptys whose numbers swap, cut in the middle of frames. KUIPER_PLUG_CYCLES=200 for the long form.
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createSerialSource } from '../../../src/connectors/serial/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';

const cycles = Number(process.env['KUIPER_PLUG_CYCLES'] ?? 6);

it(`${cycles} unplug and replug cycles with swapped ports and cut frames: right port back, no leak, no glued frame`, {
  timeout: 20_000 + cycles * 5000,
}, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kuiper-plug-'));
  const pairs = { scale: await createPtyPair(path.join(folder, 's')), meter: await createPtyPair(path.join(folder, 'm')) };
  const names = ['scale', 'meter'] as const;
  const got: Record<string, string[]> = { scale: [], meter: [] };
  const contexts = names.map((n) => createTestContext(`stream_${n}`));
  const sources = names.map((name, i) => {
    const source = createSerialSource();
    source.configure!(pairs[name].a, { baudRate: 115200 });
    source.open(
      contexts[i]!,
      (data) => void got[name]!.push(Buffer.from(data as Uint8Array).toString()),
      () => undefined,
    );
    return source;
  });
  const say = (name: (typeof names)[number], text: string, cutAt?: number) => {
    const fd = openSync(pairs[name].b, constants.O_WRONLY | constants.O_NOCTTY);
    const frame = Buffer.from(`${text}\n`);
    writeSync(fd, cutAt === undefined ? frame : frame.subarray(0, cutAt));
    closeSync(fd);
  };
  const ready = () => until(() => contexts.every((c) => c.states.at(-1)?.state === 'connected'), 'both ports open', 5000);
  await ready();
  const backMs: number[] = [];
  let fds = 0;
  for (let n = 0; n < cycles; n++) {
    for (const name of names) {
      say(name, `${name} ${n} whole`);
      await until(() => got[name]!.at(-1) === `${name} ${n} whole`, `frame ${n} of ${name}`);
      say(name, `${name} ${n} cut, never to be seen`, 6 + (n % 5));
    }
    await Promise.all(names.map((name) => pairs[name].unplug()));
    await until(() => contexts.every((c) => c.states.at(-1)?.state === 'disconnected'), 'both ports gone', 3000);
    // the other one first: the kernel's numbers swap, the names stay
    for (const name of n % 2 ? names : [...names].reverse()) await pairs[name].plug();
    const start = performance.now();
    await ready();
    backMs.push(performance.now() - start);
    const open = readdirSync('/proc/self/fd').length;
    if (n === 2) fds = open;
    if (n > 2) expect(open, 'file descriptors').toBeLessThanOrEqual(fds + 2);
  }
  for (const name of names) expect(got[name]).toEqual(Array.from({ length: cycles }, (_, n) => `${name} ${n} whole`));
  expect(Math.max(...backMs)).toBeLessThan(3000);
  if (cycles > 50) console.log(`back after at most ${Math.round(Math.max(...backMs))} ms`);
  for (const [i, source] of sources.entries()) await source.close(contexts[i]!);
  for (const name of names) await pairs[name].close();
  rmSync(folder, { recursive: true, force: true });
});
