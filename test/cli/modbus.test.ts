// `kuiper modbus scan|read|write` against a simulated controller: progress, values, plain errors.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { createPlc, type Plc } from '../../src/connectors/modbus/simulator/plc.ts';
import { type SimulatedServer, serveTcp } from '../../src/connectors/modbus/simulator/serve-tcp.ts';

let plc: Plc;
let server: SimulatedServer;
beforeAll(async () => {
  plc = createPlc([3, 40]);
  server = await serveTcp(plc);
});
afterAll(() => server.close());

async function kuiper(...args: string[]): Promise<string> {
  const lines: string[] = [];
  await runCli(['modbus', ...args], {}, (text) => lines.push(text));
  return lines.join('\n');
}
const line = () => `tcp://127.0.0.1:${server.port}`;

describe('kuiper modbus', () => {
  it('scan finds the units and shows progress', async () => {
    expect(await kuiper('scan', line(), '--to', '50', '--timeout', '20ms')).toBe(
      'unit 3 answers\n… 25 of 50 tried, 1 found\nunit 40 answers\n2 of 50 units answer.',
    );
  });

  it('write and read a point', async () => {
    expect(await kuiper('write', line(), '3', 'holding:10:float32:CDAB', '1.5')).toBe('holding:10:float32:CDAB = 1.5');
    expect(plc.units.get(3)!.holding[11]).toBe(0x3fc0);
    expect(await kuiper('write', line(), '3', 'coil:2', 'on')).toBe('coil:2 = true');
    expect(await kuiper('read', line(), '3', 'holding:10:float32:CDAB', 'coil:2')).toBe(
      'holding:10:float32:CDAB = 1.5  (0x00003fc0)\ncoil:2 = true',
    );
  });

  it.each<[string[], RegExp]>([
    [['read', 'LINE', '3', 'holding:5000'], /^holding:5000: unit 3 answers exception 2: illegal data address$/],
    [['read', 'LINE', '9', 'holding:1', '--timeout', '20ms'], /^holding:1: unit 9 does not answer within 20 ms \(2 tries\)$/],
    [['read', 'LINE', '999', 'holding:1'], /^Expect a unit id from 0 to 255\.$/],
    [['read', 'LINE', '3', 'register:1'], /^Expect FUNCTION:ADDRESS/],
    [['read', 'LINE', '3', 'holding:1:int12'], /^Type "int12": use bool/],
    [['write', 'LINE', '3', 'holding:1', '70000'], /^holding:1: 70000 is outside uint16/],
    [['write', 'LINE', '3', 'input:1', '7'], /^Only coil and holding can be written\.$/],
    [['scan', 'tcp://127.0.0.1:1'], /^The line tcp:\/\/127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/],
    [['scan', '/dev/nonexistent-port'], /^The line \/dev\/nonexistent-port cannot be used: /],
    [['scan'], /^Expect a line\. LINE is tcp:/],
  ])('says plainly what is wrong: %s', async (args, text) => {
    expect(await kuiper(...args.map((a) => (a === 'LINE' ? line() : a)))).toMatch(text);
  });
});
