// The Modbus part of `make run`: a controller with a tank on Modbus TCP that loses a reply now and then, a stream that reads it and a rule that
// tells when the level passes a mark.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPlc } from '../connectors/modbus/simulator/plc.ts';
import { serveTcp } from '../connectors/modbus/simulator/serve-tcp.ts';

export const TANK_RULE = {
  id: 'demo_tank',
  topic: 'demo/results/tank',
  sql: 'SELECT level, pump FROM tank WHERE had_changed(true, pump)',
} as const;

export interface ModbusDemo {
  /** CREATE STREAM for the controller. */
  readonly stream: string;
  /** `tcp://127.0.0.1:PORT`, for `kuiper modbus`. */
  readonly url: string;
  close(): Promise<void>;
}

const STEP_MS = 200;

/** @param root folder of the demo: the register map is written below its etc */
export async function openModbusDemo(root: string): Promise<ModbusDemo> {
  const folder = join(root, 'etc/sources/modbus');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'tank.yaml'),
    'points:\n  - {name: level, function: input, address: 0, type: uint16, scale: 0.1, unit: cm}\n  - {name: pump, function: coil, address: 0, writable: true}\n',
  );
  const plc = createPlc([1]);
  const server = await serveTcp(plc);
  server.faults = { delayMs: 5, drop: 0.02 };
  const { input, coils } = plc.units.get(1)!;
  input[0] = 1000;
  // fills until 150 cm, then the pump empties it to 60 cm
  const ticking = setInterval(() => {
    if (input[0]! >= 1500) coils[0] = 1;
    if (input[0]! <= 600) coils[0] = 0;
    input[0]! += coils[0] ? -30 : 20;
  }, STEP_MS);
  const extra = { host: '127.0.0.1', tcpPort: server.port, interval: 500, timeout: 200 };
  return {
    stream: `CREATE STREAM tank () WITH (TYPE="modbus", DATASOURCE="tank", FORMAT="json", EXTRA="${JSON.stringify(extra).replaceAll('"', '\\"')}")`,
    url: `tcp://127.0.0.1:${server.port}`,
    async close() {
      clearInterval(ticking);
      await server.close();
    },
  };
}
