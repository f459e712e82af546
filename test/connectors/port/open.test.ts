// Opening a port for real, on a pty pair of socat.
import { afterEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { defaultLine, openPort, PortLocks } from '../../../src/connectors/port/index.ts';
import { createPtyPair, type PtyPair } from '../../helpers/pty-pair.ts';

let pair: PtyPair | undefined;
afterEach(async () => {
  await pair?.close();
  pair = undefined;
});

const selector = (port: string) => ({ port, vendorId: '', productId: '', serialNumber: '' });
const clock = createRealClock();
const open = (port: string, owner = 'stream a', locks = new PortLocks()) =>
  openPort({ selector: selector(port), line: { ...defaultLine, baudRate: 115200 }, owner, locks, clock });

describe('openPort', () => {
  it('carries bytes both ways and closes twice', async () => {
    pair = await createPtyPair();
    const a = await open(pair.a);
    const b = await open(pair.b);
    const got = new Promise<string>((resolve) => b.stream.once('data', (d: Buffer) => resolve(d.toString())));
    await a.write('ping');
    expect(await got).toBe('ping');
    await Promise.all([a.close(), b.close()]);
    await a.close();
    expect(await a.ended).toBeUndefined();
    await expect(a.write('x')).rejects.toMatchObject({ code: 'IO_FAILED', retriable: true });
  });

  it('names the stream of this gateway that holds the port', async () => {
    pair = await createPtyPair();
    const locks = new PortLocks();
    const a = await open(pair.a, 'stream meters', locks);
    await expect(open(pair.a, 'rule other', locks)).rejects.toThrow(/in use by stream meters/);
    await a.close();
    const again = await open(pair.a, 'rule other', locks);
    await again.close();
  });

  it('names the other program that holds the port', async () => {
    pair = await createPtyPair();
    const holder = await pair.lockFromOutside();
    await expect(open(pair.a)).rejects.toThrow(new RegExp(`in use by \\S+ \\(process ${holder.pid}\\)`));
    await holder.release();
  });

  it('tells that the port is gone, and why, when it is unplugged', async () => {
    pair = await createPtyPair();
    const a = await open(pair.a);
    await pair.unplug();
    const reason = await a.ended;
    expect(reason?.message).toMatch(/was lost/);
    await expect(open(pair.a)).rejects.toThrow(/is not there: unplugged\?/);
  });

  it('says that a file is not a serial port', async () => {
    await expect(open('/dev/null')).rejects.toThrow(/\/dev\/null is not a serial port; `kuiper device list` shows the ports/);
  });

  it('says that a port with a wrong name is not there, with the ports that are', async () => {
    await expect(open('by-id:usb-nothing')).rejects.toThrow(/no port fits by-id:usb-nothing: unplugged\? There are: /);
  });
});
