// Transaction ids: never the id of a request whose reply may still come, also not after 65,536 requests.
import { once } from 'node:events';
import net from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openTcp } from '../../../src/connectors/modbus/transport/tcp.ts';
import { createTransactionIds } from '../../../src/connectors/modbus/transport/transaction-ids.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('modbus transaction ids', () => {
  it('are never reused while live, whatever times out, over several rounds of 16 bits', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.record({ good: fc.nat(40_000), late: fc.boolean() }), { minLength: 2, maxLength: 6 }),
        (first, steps) => {
          const ids = createTransactionIds(first);
          const live = new Set<number>();
          const take = () => {
            const id = ids.take();
            if (live.has(id) || id < 0 || id > 0xffff) throw new Error(`${id} is live`);
            return id;
          };
          for (const { good, late } of steps) {
            for (let i = 0; i < good; i++) ids.answered(take());
            const lost = take();
            live.add(lost);
            if (!late) continue;
            // its reply comes after all: from then on it is free
            live.delete(lost);
            ids.answered(lost);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('when nothing at all is answered, the oldest are given up, and ids still differ from the last 32,000', () => {
    const ids = createTransactionIds(0);
    const last: number[] = [];
    for (let i = 0; i < 100_000; i++) {
      const id = ids.take();
      if (i >= 32_000 && i % 997 === 0) expect(last.slice(-32_000)).not.toContain(id);
      last.push(id);
    }
  });

  it('a reply to a request that timed out is refused after any number of later ones', async () => {
    // answers the n-th request with the id of an earlier one that got no answer, then rightly
    const asked: Buffer[] = [];
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (data: Buffer) => {
        for (let at = 0; at < data.length; at += 12) answer(data.subarray(at, at + 12));
      });
      const answer = (request: Buffer) => {
        asked.push(request);
        const reply = (id: number, value: number) => {
          const out = Buffer.from([0, 0, 0, 0, 0, 5, 1, 3, 2, 0, value]);
          out.writeUInt16BE(id, 0);
          return out;
        };
        if (asked.length === 1) return;
        socket.write(Buffer.concat([reply(asked[0]!.readUInt16BE(0), 99), reply(request.readUInt16BE(0), 7)]));
      };
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const transport = await openTcp('127.0.0.1', (server.address() as net.AddressInfo).port);
    closers.push(() => transport.close());
    const request = { unit: 1, fn: 3, address: 0, count: 1 } as const;
    const first = () => expect.unreachable('the first is not answered');
    await transport.send(request, first);
    transport.forget!(first);
    for (let i = 0; i < 300; i++) {
      const frames = await new Promise<string>((resolve) => void transport.send(request, (frame) => resolve(frame.toString('hex'))));
      expect(frames).toBe('0103020007');
    }
    expect(new Set(asked.map((r) => r.readUInt16BE(0))).size).toBe(asked.length);
    expect(transport.strays).toBe(300);
  });

  it.each([
    ['another protocol id', '0001000100050103020007'],
    ['a length of 0', '000100000000'],
    ['a length beyond 254', '0001000001000103020007'],
    ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ])('bytes that are not Modbus TCP end the connection: %s', async (_name, hex) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.write(Buffer.from(hex, 'hex')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const transport = await openTcp('127.0.0.1', (server.address() as net.AddressInfo).port);
    closers.push(() => transport.close());
    await transport.send({ unit: 1, fn: 3, address: 0, count: 1 }, () => expect.unreachable('no reply came'));
    expect((await transport.lost).message).toMatch(/received bytes that are not Modbus TCP; reconnecting$/);
  });
});
