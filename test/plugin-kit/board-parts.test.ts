// The sources for parts of the board. Their tools are stood in for by scripts that print what gpiod 1.6, gpiod 2 and i2c-tools print, and that write
// down how they were called; the real tools say what they refuse on a machine without such parts.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Gpio } from '../../plugins/sources/gpio.ts';
import { I2c } from '../../plugins/sources/i2c.ts';
import { testSource } from '../../src/plugin-kit/testing.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-board-'));
const bin = join(root, 'bin');
const path = process.env['PATH'];
beforeEach(() => {
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin);
  process.env['PATH'] = `${bin}${delimiter}${path}`;
});
afterAll(() => {
  process.env['PATH'] = path;
  rmSync(root, { recursive: true, force: true });
});
/** A program that notes its arguments and then does what the shell text says. */
const tool = (name: string, body: string): void => {
  writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> ${bin}/${name}.calls\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
};
const calls = (name: string): string[] =>
  existsSync(join(bin, `${name}.calls`))
    ? readFileSync(join(bin, `${name}.calls`), 'utf8')
        .trim()
        .split('\n')
    : [];
const until = async (what: () => boolean): Promise<void> => {
  for (let i = 0; i < 2000 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(what()).toBe(true);
};

const monitor = (version: string, events: string[]): string =>
  `if [ "$1" = --version ]; then echo "gpiomon (libgpiod) ${version}"; exit 0; fi\n${events.map((e) => `echo "${e}"`).join('\n')}\nexec sleep 60`;

// @covers issue:15#4
test('gpio gives the level of each line and then its changes, in the words of gpiod 2', async () => {
  tool('gpioget', 'echo "1 0"');
  tool('gpiomon', monitor('v2.2.1', ['2 17 1764550000.000500000', 'something else', '1 27 1764550001.250000000']));
  const s = await testSource(Gpio, {
    props: { lines: ['door=17', '27'], chip: 'gpiochip4', bias: 'pull-up', activeLow: true, debounce: '20ms', edges: 'both' },
  });
  await s.open();
  await until(() => s.rows.length === 4);
  await s.close();
  expect(calls('gpioget')).toEqual(['--chip gpiochip4 --numeric --bias pull-up --active-low 17 27']);
  expect(calls('gpiomon')).toEqual([
    '--version',
    '--chip gpiochip4 --edges both --event-clock realtime --format %e %o %S --bias pull-up --active-low --debounce-period 20ms 17 27',
  ]);
  expect(s.rows[0]).toEqual({ line: 'door', offset: 17, value: 1, edge: null, at: expect.any(Date) });
  expect(s.rows[1]).toMatchObject({ line: '27', offset: 27, value: 0, edge: null });
  expect(s.rows.slice(2)).toEqual([
    { line: 'door', offset: 17, value: 0, edge: 'falling', at: new Date(1_764_550_000_001) },
    { line: '27', offset: 27, value: 1, edge: 'rising', at: new Date(1_764_550_001_250) },
  ]);
  expect(s.ctx.logs.map((l) => l.message)).toEqual(['gpiomon printed a line that is no event: something else']);
  expect(s.failures).toEqual([]);
});

test('gpio speaks gpiod 1.6 as well, whose stamps may count from the start of the board', async () => {
  tool('gpioget', 'echo 0');
  tool('gpiomon', monitor('v1.6.3', ['0 5 1764550000.5', '1 5 99.000000001']));
  const before = Date.now();
  const s = await testSource(Gpio, { props: { lines: ['5'], bias: 'disabled', edges: 'rising' } });
  await s.open();
  await until(() => s.rows.length === 3);
  await s.close();
  expect(calls('gpioget')).toEqual(['--bias=disable gpiochip0 5']);
  expect(calls('gpiomon')[1]).toBe('--line-buffered --format=%e %o %s.%n --bias=disable --rising-edge gpiochip0 5');
  expect(s.rows[1]).toMatchObject({ value: 0, edge: 'falling', at: new Date(1_764_550_000_000) });
  expect((s.rows[2]!['at'] as Date).getTime()).toBeGreaterThanOrEqual(before);
  const late = await testSource(Gpio, { props: { lines: ['5'], debounce: 5 } });
  await expect(late.open()).rejects.toThrow('debounce needs gpiod 2; this is gpiod 1');
});

test('gpio says why it cannot go on, and waits while the gateway is behind', async () => {
  tool('gpioget', 'echo 0');
  tool(
    'gpiomon',
    `[ "$1" = --version ] && { echo "gpiomon (libgpiod) v2.1"; exit 0; }\necho "1 5 1764550000.0"\necho "line 5 is used" >&2\nexit 3`,
  );
  const s = await testSource(Gpio, { props: { lines: ['5'], initial: false } });
  s.hold();
  await s.open();
  await until(() => s.failures.length === 1);
  expect(s.rows).toHaveLength(1);
  expect(s.failures[0]!.message).toBe('gpiomon ended (3): line 5 is used');
  expect(calls('gpioget')).toEqual([]);
  s.release();
  await s.close();
  tool('gpioget', 'echo "unable to find chip" >&2; exit 1');
  const noChip = await testSource(Gpio, { props: { lines: ['5'] } });
  await expect(noChip.open()).rejects.toThrow('gpioget: unable to find chip');
  process.env['PATH'] = bin;
  rmSync(join(bin, 'gpiomon'));
  await expect((await testSource(Gpio, { props: { lines: ['5'] } })).open()).rejects.toThrow('install it with "apt install gpiod"');
});

test.each([
  [{ lines: [] }, 'lines is empty'],
  [{ lines: ['17', 'a=17'] }, 'is named twice'],
  [{ lines: ['a=17', 'a=18'] }, 'line a (18) is named twice'],
  [{ lines: ['--help'] }, '"--help" is not a line'],
  [{ lines: ['17'], chip: '--version' }, '"--version" is not the name of a chip'],
  [{ lines: ['17'], edges: 'up' }, 'edges'],
])('gpio refuses %j', async (props, text) => {
  await expect(testSource(Gpio, { props })).rejects.toThrow(text);
});

// @covers issue:15#4
test('i2c reads all registers in one transfer, with sign, order, factor and offset', async () => {
  tool('i2ctransfer', `case "$*" in *r2*) printf '0xe7 0x00\\n0x2a\\n0x00 0x00 0x80 0x3f\\n0x01 0xff\\n0xfe 0xff 0xff\\n';; esac`);
  const s = await testSource(I2c, {
    props: {
      bus: 3,
      address: '0x48',
      registers: ['t=0x00:int16be*0.0078125', 'level=1:uint8+-2', 'f=0x10:float32le', 'id=0xFE:hex2', 'd=0x20:int24le*-1'],
      init: ['0x01 0x60', '4'],
    },
  });
  await s.open();
  await s.pull();
  await s.close();
  expect(calls('i2ctransfer')).toEqual([
    '-y 3 w2@0x48 0x01 0x60',
    '-y 3 w1@0x48 0x04',
    '-y 3 w1@0x48 0x00 r2 w1@0x48 0x01 r1 w1@0x48 0x10 r4 w1@0x48 0xfe r2 w1@0x48 0x20 r3',
  ]);
  expect(s.rows).toEqual([{ t: -50, level: 40, f: 1, id: '01ff', d: 2 }]);
});

test('i2c gives no row when the part does not answer, or answers something else', async () => {
  const props = { address: '72', registers: ['a=0:uint8', 'b=1:uint16le'] };
  tool('i2ctransfer', 'echo "Error: Sending messages failed: Remote I/O error" >&2; exit 1');
  const s = await testSource(I2c, { props });
  await expect(s.pull()).rejects.toThrow('i2ctransfer: Error: Sending messages failed: Remote I/O error');
  tool('i2ctransfer', 'echo 0x01');
  await expect(s.pull()).rejects.toThrow('gave 1 answers for 2 registers');
  tool('i2ctransfer', 'echo 0x01; echo 0x02');
  await expect(s.pull()).rejects.toThrow('register 0x01 gave 1 bytes, not 2');
  process.env['PATH'] = join(root, 'nothing');
  await expect(s.pull()).rejects.toThrow('install it with "apt install i2c-tools"');
  expect(s.rows).toEqual([]);
});

test.each([
  [{ address: '0x80' }, 'address 0x80 is not from 0x03 to 0x77'],
  [{ address: '2' }, 'address 2 is not from'],
  [{ address: 'x' }, '"x" is not a byte'],
  [{ registers: [] }, 'registers is empty'],
  [{ registers: ['a=0:int16'] }, 'say the order of bytes, int16be or int16le'],
  [{ registers: ['a=0:uint8', 'a=1:uint8'] }, 'column "a" is named twice'],
  [{ registers: ['a=0:hex33'] }, 'one to 32 bytes'],
  [{ registers: ['a=0:hex4*2'] }, 'hex is text'],
  [{ registers: ['a=300:uint8'] }, '"300" is not a byte'],
  [{ registers: ['a=0:uint8*1.2.3'] }, 'is not a number'],
  [{ init: ['0x100'] }, '"0x100" is not a byte'],
])('i2c refuses %j', async (props, text) => {
  await expect(testSource(I2c, { props: { address: '0x48', registers: ['a=0:uint8'], ...props } })).rejects.toThrow(text);
});
