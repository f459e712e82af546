// `kuiper modbus scan|read|write` against a simulated controller: progress, values, plain errors.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { modbusProfiles } from '../../src/cli/commands/modbus-profiles.ts';
import { createPlc, type Plc } from '../../src/connectors/modbus/simulator/plc.ts';
import { type SimulatedServer, serveTcp } from '../../src/connectors/modbus/simulator/serve-tcp.ts';
import { cliContext } from '../helpers/cli-context.ts';

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

  // @covers issue:19#7
  it('import writes a profile that profiles lists, and never replaces a file unasked', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'kuiper-modbus-'));
    const folder = path.join(root, 'etc/sources/modbus');
    mkdirSync(folder, { recursive: true });
    const map = path.join(root, 'acme-1.yaml');
    const items = '[{name: P, rule: 1, registers: [7]}, {name: T, rule: 9, registers: [8]}]';
    writeFileSync(map, `info: {manufacturer: Acme, model: One}\nparameters: [{group: g, items: ${items}}]\n`);
    const target = path.join(folder, 'acme-1.yaml');
    const report = [
      `${target} is written.`,
      'acme-1 (solarman): 1 points; 1 left out; 0 remarks.',
      '  left out: T: rule 9 (time of day) has no counterpart; read its register and divide in SQL',
    ].join('\n');
    expect(await kuiper('import', map, '-o', folder)).toBe(report);
    expect(readFileSync(target, 'utf8')).toMatch(/\n {2}- \{name: p, address: 7, type: uint16\}\n$/);
    writeFileSync(target, 'points: []\n');
    expect(await kuiper('import', map, '-o', folder)).toBe(`${target} is there already. Replace it with --force.`);
    expect(readFileSync(target, 'utf8')).toBe('points: []\n');
    expect(JSON.parse(await kuiper('profiles', 'acme-1', '--root', root))).toMatchObject([
      { id: 'acme-1', problem: expect.stringMatching(/acme-1\.yaml:1: points: a list of at least one point is needed/) },
    ]);
    expect(await kuiper('import', map, '-o', folder, '--force')).toBe(report);
    expect(JSON.parse(await kuiper('profiles', 'acme', 'ONE', '--root', root))).toEqual([
      {
        id: 'acme-1',
        maker: 'Acme',
        model: 'One',
        kind: 'inverter',
        points: 1,
        source: 'imported from acme-1.yaml (solarman)',
        comparedWith: '',
        seenOnHardware: false,
        own: true,
        problem: '',
      },
    ]);
    expect(await kuiper('profiles', 'acme', 'two', '--root', root)).toBe('[]');
    rmSync(root, { recursive: true });
  });

  it('profiles shows whole names on a terminal, with device, points and source', async () => {
    const lines: string[] = [];
    const print = (text: string) => lines.push(text);
    await modbusProfiles.run(cliContext({ args: ['BLUESOLAR'], flags: {}, client: undefined as never, print }));
    expect(lines.join('\n').split('\n')).toEqual([
      'victron-solarcharger',
      '  Victron Energy SmartSolar, BlueSolar MPPT at a GX device; inverter; 9 points',
      '  Victron Energy, CCGX Modbus TCP register list, com.victronenergy.solarcharger; compared with victronenergy/dbus_modbustcp attributes.csv; not seen on hardware',
    ]);
    await modbusProfiles.run(cliContext({ args: ['no', 'such'], flags: {}, client: undefined as never, print }));
    expect(lines.at(-1)).toBe('No profile has "no such" in its name, maker, model or kind.');
  });

  it('simulate plays a controller with faults until Ctrl-C', async () => {
    const args = ['src/cli/main.ts', 'modbus', 'simulate', 'tcp://127.0.0.1:0', '--units', '3+7', '--faults', 'dead=7'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = String((await once(child.stdout, 'data'))[0]);
    const url = /^(tcp:\/\/127\.0\.0\.1:\d+): units 3, 7; /.exec(said)?.[1];
    expect(await kuiper('read', url!, '3', 'holding:5', 'input:6')).toBe('holding:5 = 3005  (0x0bbd)\ninput:6 = 3006  (0x0bbe)');
    expect(await kuiper('read', url!, '7', 'holding:5', '--timeout', '20ms')).toMatch(/unit 7 does not answer/);
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(0);
  }, 20_000);

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
    [['simulate', 'LINE'], /^The line tcp:.* cannot be used: listen EADDRINUSE/],
    [['simulate', 'LINE', '--faults', 'noise=1'], /^fault "noise" is not known; known are drop/],
    [['simulate', 'LINE', '--units', '300'], /^units "300": numbers from 1 to 247/],
    [['simulate'], /^Expect a line: /],
    [['scan'], /^Expect a line\. LINE is tcp:/],
  ])('says plainly what is wrong: %s', async (args, text) => {
    expect(await kuiper(...args.map((a) => (a === 'LINE' ? line() : a)))).toMatch(text);
  });
});
