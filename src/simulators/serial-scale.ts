// A scale on a serial line, as they are in weighing rooms: sends `ST,+012.50kg` by itself several times a second (US while the weight moves),
// answers `SI` with the present weight and `T` with a tare. Used by `make run`; tests speak to it over a pty.
import type { Clock, TimerHandle } from '../base/clock.ts';
import { type LineSettings, openPort, PortLocks } from '../connectors/port/index.ts';

export interface ScaleOptions {
  /** Path of the instrument's end of the line. */
  path: string;
  line: LineSettings;
  clock: Clock;
  /** 0 = speaks only when asked. */
  sendEveryMs: number;
  /** 0..1 */
  random(): number;
}

export interface Scale {
  close(): Promise<void>;
}

/** How many readings a load stays, at least. */
const STAY = 8;

export async function openScale({ path, line, clock, sendEveryMs, random }: ScaleOptions): Promise<Scale> {
  const port = await openPort({
    selector: { port: path, vendorId: '', productId: '', serialNumber: '' },
    line,
    owner: 'simulated scale',
    locks: new PortLocks(),
    clock,
  });
  let loadKg = 0;
  let shownKg = 0;
  let tareKg = 0;
  let left = STAY;
  let heard = '';
  let timer: TimerHandle | undefined;
  let closed = false;

  const reading = (): string => {
    if (--left <= 0) {
      loadKg = random() < 0.3 ? 0 : Math.round(random() * 5000) / 100;
      left = STAY + Math.floor(random() * STAY);
    }
    const moving = Math.abs(loadKg - shownKg) > 0.02;
    shownKg += (loadKg - shownKg) * 0.6;
    const net = (moving ? shownKg : loadKg) - tareKg;
    return `${moving ? 'US' : 'ST'},${net < 0 ? '-' : '+'}${Math.abs(net).toFixed(2).padStart(6, '0')}kg\r\n`;
  };
  const say = (text: string) =>
    port.write(text).catch(() => {
      closed = true; // the cable is gone, and with it the instrument
    });
  port.stream.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    const lines = heard.split(/\r?\n/);
    heard = (lines.pop() ?? '').slice(-64);
    for (const command of lines) {
      if (command === 'T') tareKg = loadKg;
      void say(command === 'SI' || command === 'T' ? reading() : 'ES\r\n'); // ES: command not understood, as scales say
    }
  });
  const tick = () => {
    if (closed) return;
    void say(reading());
    timer = clock.setTimer(sendEveryMs, tick);
  };
  if (sendEveryMs > 0) tick();
  return {
    async close() {
      closed = true;
      clock.clear(timer);
      await port.close();
    },
  };
}
