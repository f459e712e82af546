// Transactions against a real server through the fault proxy; registers tell where they are, so a value of another place is seen. Used by the test
// (a short round) and by scripts/modbus-campaign.ts (100,000).
import net from 'node:net';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import { opener } from '../../../src/connectors/modbus/line.ts';
import { type ConnectionProps, parseConnection, sourceOptions } from '../../../src/connectors/modbus/options.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { startFaultProxy } from './fault-proxy.ts';
import type { Peer } from './peers.ts';
import { holdingValue } from './pymodbus.ts';
import { seeded } from './seeded.ts';

export interface CampaignResult {
  good: number;
  /** Values that belong to another unit or point. */
  wrong: number;
  /** Values of a unit that is not there. */
  invented: number;
  failed: number;
  spoilt: number;
}

export async function faultCampaign(peer: Peer, kind: 'tcp' | 'rtu', transactions: number, seed: number): Promise<CampaignResult> {
  const random = seeded(seed);
  const closers: (() => unknown)[] = [];
  try {
    let upstream: Parameters<typeof startFaultProxy>[0]['upstream'];
    if (kind === 'tcp') {
      const port = await freePort();
      const server = await peer.startTcp(port);
      closers.push(() => server.kill());
      upstream = () => {
        const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
        return socket.on('error', () => socket.destroy());
      };
    } else {
      const line = await peer.rtuLine();
      closers.push(() => line.close());
      upstream = () => line.stream;
    }
    const proxy = await startFaultProxy({ kind, upstream, random });
    closers.push(() => proxy.close());
    const settings = { timeoutMs: 150, retries: 1, quietMs: 150, gapMs: 0 };
    const props = parseConnection<ConnectionProps>('campaign', sourceOptions, {
      protocol: kind === 'tcp' ? 'tcp' : 'rtu-over-tcp',
      host: '127.0.0.1',
      tcpPort: proxy.port,
      baudRate: 115_200,
    });
    const bus = new ModbusBus('campaign', opener(createTestContext(), props), createRealClock(), createMemoryLog().log);
    closers.push(() => bus.close());
    const result: CampaignResult = { good: 0, wrong: 0, invented: 0, failed: 0, spoilt: 0 };
    // connected and warm before the faults begin
    await bus.request({ unit: 1, fn: 3, address: 0, count: 1 }, { ...settings, timeoutMs: 3000 });
    // TCP has no checksum: what can be noticed is damage of its header and of unit, function and length
    const damage = kind === 'rtu' ? { corrupt: 0.02 } : { corrupt: 0.002, corruptBytes: 9 };
    proxy.faults = { drop: 0.004, late: 0.006, lateMs: 220, foreign: 0.02, ...damage };
    let left = transactions;
    const reader = async (unit: number) => {
      while (left > 0) {
        left--;
        const address = Math.floor(random() * 900);
        const count = 1 + Math.floor(random() * 4);
        try {
          const data = await bus.request({ unit, fn: 3, address, count }, settings);
          let fits = true;
          for (let i = 0; i < count; i++) fits &&= data.readUInt16BE(2 * i) === holdingValue(unit, address + i);
          if (fits) result.good++;
          else result.wrong++;
        } catch {
          result.failed++;
          left++;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    const absent = async () => {
      while (left > 0) {
        try {
          await bus.request({ unit: 9, fn: 3, address: 0, count: 2 }, settings);
          result.invented++;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      }
    };
    await Promise.all([reader(1), reader(2), reader(3), absent()]);
    result.spoilt = proxy.spoilt();
    return result;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
