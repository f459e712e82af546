// Requests on a real pty to instruments of another program (instruments.py) that lose, delay, double, damage and mix their answers: each value tells who said
// it, so one that is filed under another is seen. Used by request-campaign.test.ts (a short round) and scripts/serial-campaign.ts (100,000).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createSerialSource } from '../../../src/connectors/serial/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';

/** plain: answers do not say whose they are, and the adapter echoes. named and binary: they do, and have a CRC. */
export const dialects = ['plain', 'named', 'binary'] as const;
export type Dialect = (typeof dialects)[number];

export interface RequestCampaignResult {
  good: number;
  /** Values of another instrument or another quantity. */
  wrong: number;
  timeouts: number;
  strays: number;
  /** What the instruments did, by kind. */
  faults: Record<string, number>;
}

const each = [1, 2, 3, 4].flatMap((unit) => [1, 2].map((kind) => ({ unit: `0${unit}`, kind: `0${kind}` })));
const properties: Record<Dialect, Record<string, unknown>> = {
  plain: { pattern: '^(?P<v__float>\\d+\\.\\d+)$', requests: [{ send: '#{{.unit}} {{.kind}}', each }], quietTime: '2s' },
  named: {
    framing: 'start-end',
    checksum: 'crc16-modbus',
    checksumForm: 'hex',
    pattern: '^(?P<unit>\\d+) (?P<kind>\\d) (?P<v__float>\\d+\\.\\d+)$',
    requests: [{ hex: '23 {{.hex}} 0a', each: each.map((e) => ({ ...e, hex: Buffer.from(`${e.unit} ${e.kind}`).toString('hex') })) }],
    quietTime: '0',
  },
  binary: {
    framing: 'start-end',
    start: '\\xa5',
    end: '',
    frameBytes: 6,
    checksum: 'crc16-modbus',
    checksumForm: 'little',
    layout: [
      { name: 'unit', offset: 0, type: 'uint8' },
      { name: 'kind', offset: 1, type: 'uint8' },
      { name: 'v', offset: 2, type: 'int32' },
    ],
    requests: [{ hex: '23 {{.unit}} {{.kind}} 0a', each }],
    quietTime: '0',
  },
};

export async function requestCampaign(dialect: Dialect, transactions: number, seed: number): Promise<RequestCampaignResult> {
  const pair = await createPtyPair();
  const script = join(import.meta.dirname, 'instruments.py');
  const instruments = spawn('python3', [script, pair.b, dialect, String(seed)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const source = createSerialSource();
  const ctx = createTestContext();
  const result: RequestCampaignResult = { good: 0, wrong: 0, timeouts: 0, strays: 0, faults: {} };
  try {
    await once(instruments.stdout, 'data');
    await source.configure!(pair.a, { baudRate: 115_200, timeout: '200ms', retries: 0, pollInterval: '1ms', ...properties[dialect] });
    await source.open(
      ctx,
      (data) => {
        const { unit, kind, v } = data as { unit: unknown; kind: unknown; v: unknown };
        const said = Math.floor(Number(v) / 1000);
        if (said === Number(unit) * 10 + Number(kind)) result.good++;
        else result.wrong++;
        // what it tells of losses is not what this is about
        ctx.drops.length = 0;
        ctx.lines.length = 0;
        return undefined;
      },
      () => undefined,
    );
    await until(() => result.good + result.wrong >= transactions, `${transactions} answers`, 10_000 + transactions * 100);
    for (const d of source.devices!()) {
      result.timeouts += d.timeouts;
      result.strays += d.strays;
    }
    return result;
  } finally {
    await source.close(ctx);
    const told = once(instruments.stdout, 'data');
    instruments.stdin.end();
    result.faults = JSON.parse(String((await told)[0])) as Record<string, number>;
    await pair.close();
  }
}
