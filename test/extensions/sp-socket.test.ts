// The SP protocols on Unix sockets: bytes as they stand on the wire, in any pieces.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpReader } from '../../src/connectors/net-shared/sp-wire.ts';
import { dialPush, listenPull, listenRep } from '../../src/extensions/portable/sp-socket.ts';

let folder: string;
const ends: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-sp-'));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

const hello = (protocol: number) => Buffer.from([0, 0x53, 0x50, 0, 0, protocol, 0, 0]);
const frame = (content: Uint8Array) => {
  const head = Buffer.alloc(9);
  head[0] = 1;
  head.writeBigUInt64BE(BigInt(content.length), 1);
  return Buffer.concat([head, content]);
};
const until = async (look: () => boolean) => {
  for (let n = 0; n < 500 && !look(); n++) await new Promise((r) => setTimeout(r, 10));
  expect(look()).toBe(true);
};
function client(path: string): { socket: Socket; got: () => Buffer; closed: () => boolean } {
  const chunks: Buffer[] = [];
  let closed = false;
  const socket = connect(path);
  socket.on('data', (c: Buffer) => chunks.push(c));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  ends.push(() => socket.destroy());
  return { socket, got: () => Buffer.concat(chunks), closed: () => closed };
}

describe('messages', () => {
  // @covers issue:21#6
  it('are the same whatever pieces their bytes come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 30 })),
        (messages, cuts) => {
          const bytes = Buffer.concat([hello(0x50), ...messages.map(frame)]);
          const got: Buffer[] = [];
          const reader = new SpReader('push', 'ipc', (m) => got.push(m));
          let at = 0;
          for (const cut of [...cuts, bytes.length]) {
            if (at >= bytes.length) break;
            reader.take(bytes.subarray(at, at + cut));
            at += cut;
          }
          expect(got.map((m) => [...m])).toEqual(messages.map((m) => [...m]));
          expect(reader.greeted).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['another protocol', hello(0x30)],
    ['no protocol', Buffer.from('GET / HT')],
    ['a frame of another kind', Buffer.concat([hello(0x50), Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0])])],
    ['a size beyond 64 MB', Buffer.concat([hello(0x50), Buffer.from([1, 0, 0, 0, 0, 4, 0, 0, 1])])],
  ])('%s ends the connection', (_what, bytes) => {
    const reader = new SpReader('push', 'ipc', () => undefined);
    expect(() => reader.take(bytes)).toThrow(/peer/);
  });
});

describe('sockets', () => {
  it('a request keeps its ids, and the newest one gets the answer', async () => {
    const path = join(folder, 'rep');
    const requests: string[] = [];
    let gone = 0;
    const rep = await listenRep(
      path,
      (c) => requests.push(c.toString()),
      () => gone++,
    );
    ends.push(() => rep.close());
    const c = client(path);
    expect(rep.answer(Buffer.from('x'))).toBe(false);
    c.socket.write(Buffer.concat([hello(0x30), frame(Buffer.from([0, 0, 0, 9, 0x80, 0, 0, 5, 0x68, 0x69]))]));
    await until(() => requests.length === 1);
    expect([requests, rep.waits]).toEqual([['hi'], true]);
    expect([rep.answer(Buffer.from('do')), rep.answer(Buffer.from('again')), rep.waits]).toEqual([true, false, false]);
    await until(() => c.got().length > 8);
    expect(c.got()).toEqual(Buffer.concat([hello(0x31), frame(Buffer.from([0, 0, 0, 9, 0x80, 0, 0, 5, 0x64, 0x6f]))]));
    c.socket.write(frame(Buffer.from([0x80, 0, 0, 6, 0x61])));
    await until(() => requests.length === 2);
    c.socket.destroy();
    await until(() => gone === 1);
    expect(rep.waits).toBe(false);
  });

  it('what is pushed is taken in order; while the gateway is behind only what was read already is taken', async () => {
    const path = join(folder, 'pull');
    const got: string[] = [];
    let go: () => void = () => undefined;
    let gone = 0;
    const pull = await listenPull(
      path,
      (m) => {
        got.push(m.toString().slice(0, 5));
        return m.toString() === 'wait' ? new Promise<void>((resolve) => (go = resolve)) : undefined;
      },
      () => gone++,
    );
    ends.push(() => pull.close());
    const stranger = client(path);
    await until(() => stranger.got().length === 8);
    stranger.socket.destroy();
    const push = await dialPush(path, () => undefined);
    for (const text of ['a', 'wait']) await push.send(Buffer.from(text));
    await until(() => got.length === 2);
    // more than the system keeps for a socket and one read takes: it is not read to its end
    void push.send(Buffer.from(`large${'x'.repeat(4 * 1024 * 1024)}`));
    const last = push.send(Buffer.from('last'));
    await new Promise((r) => setTimeout(r, 50));
    expect(got).toEqual(['a', 'wait']);
    go();
    await last;
    await until(() => got.length === 4);
    expect([got, gone]).toEqual([['a', 'wait', 'large', 'last'], 0]);
    push.close();
    await until(() => gone === 1);
    const another = await dialPush(path, () => undefined);
    pull.close();
    await new Promise((r) => setTimeout(r, 50));
    expect(gone).toBe(1);
    another.close();
  });

  it('a push tells that its peer has gone, and refuses what nobody takes', async () => {
    const path = join(folder, 'gone');
    await expect(dialPush(path, () => undefined)).rejects.toThrow(/cannot reach the plugin/);
    const sockets: Socket[] = [];
    const server = createServer((s) => {
      sockets.push(s);
      s.write(hello(0x51));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    ends.push(() => server.close());
    let lost = 0;
    const push = await dialPush(path, () => lost++);
    await push.send(Buffer.from('x'));
    for (const s of sockets) s.destroy();
    await until(() => lost === 1);
    await expect(push.send(Buffer.from('y'))).rejects.toThrow('the plugin is gone');
  });
});
