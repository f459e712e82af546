// Stands between our client (a socket) and a real server, and spoils replies: drops, delays, bursts of up to 16 bits (RTU), replies of others.
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { disturb, type Faults } from '../../../src/connectors/modbus/simulator/faults.ts';

export interface FaultProxy {
  readonly port: number;
  faults: Faults;
  /** Replies that were spoilt. */
  readonly spoilt: () => number;
  close(): Promise<void>;
}

export interface ProxyOptions {
  kind: 'tcp' | 'rtu';
  /** A connection to the real server, per client (TCP), or the one line (RTU). */
  upstream: () => Duplex;
  random: () => number;
}

export async function startFaultProxy({ kind, upstream, random }: ProxyOptions): Promise<FaultProxy> {
  let spoilt = 0;
  const sockets = new Set<Duplex>();
  const timers = new Set<NodeJS.Timeout>();
  const proxy = { faults: {} as Faults };
  const earlier: Buffer[] = [];
  const server = net.createServer((client) => {
    const up = upstream();
    sockets.add(client);
    client.setNoDelay(true);
    client.on('error', () => client.destroy());
    let wanted: { unit: number; size: number } | undefined;
    let rest: Buffer = Buffer.alloc(0);
    client.on('data', (request: Buffer) => {
      if (kind === 'rtu') {
        rest = Buffer.alloc(0);
        const fn = request[1]!;
        const count = request.readUInt16BE(4);
        wanted = { unit: request[0]!, size: fn <= 2 ? 5 + Math.ceil(count / 8) : fn <= 4 ? 5 + 2 * count : 8 };
      }
      up.write(request);
    });
    const pass = (unit: number, frame: Buffer) => {
      const foreign = () => {
        if (kind === 'tcp') {
          // a reply of another transaction, or of nobody
          const other = Buffer.from(earlier.length ? earlier[Math.floor(random() * earlier.length)]! : frame);
          if (other.readUInt16BE(0) === frame.readUInt16BE(0)) other.writeUInt16BE((frame.readUInt16BE(0) + 1) & 0xffff, 0);
          return other;
        }
        // a whole frame of another unit that was on the line before
        return earlier.filter((e) => e[0] !== unit)[0];
      };
      const deliveries = disturb(unit, frame, proxy.faults, random, foreign);
      if (deliveries.length !== 1 || deliveries[0]!.frame !== frame || deliveries[0]!.delayMs > 0) spoilt++;
      for (const d of deliveries) {
        const send = () => {
          if (!client.destroyed) client.write(d.frame);
        };
        if (d.delayMs > 0) {
          const timer = setTimeout(() => {
            timers.delete(timer);
            send();
          }, d.delayMs);
          timers.add(timer);
        } else send();
      }
      earlier.push(frame);
      if (earlier.length > 20) earlier.shift();
    };
    const take = (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      if (kind === 'tcp')
        while (rest.length >= 7 && rest.length >= 6 + rest.readUInt16BE(4)) {
          const size = 6 + rest.readUInt16BE(4);
          pass(rest[6]!, Buffer.from(rest.subarray(0, size)));
          rest = Buffer.from(rest.subarray(size));
        }
      else if (wanted && rest.length >= 5) {
        const size = rest[1]! & 0x80 ? 5 : wanted.size;
        if (rest.length < size) return;
        const { unit } = wanted;
        wanted = undefined;
        pass(unit, Buffer.from(rest.subarray(0, size)));
      }
    };
    up.on('data', take);
    client.on('close', () => {
      sockets.delete(client);
      up.off('data', take);
      if (kind === 'tcp') up.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as net.AddressInfo).port,
    spoilt: () => spoilt,
    async close() {
      for (const t of timers) clearTimeout(t);
      const gone = new Promise((resolve) => server.close(resolve));
      for (const s of sockets) s.destroy();
      await gone;
    },
  });
}
