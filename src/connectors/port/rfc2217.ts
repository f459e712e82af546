// Telnet with the COM port option (RFC 2217): bytes in and out with their escapes, speed, character frame and control lines with the answers of the server. No
// socket of its own. Used by network-tcp.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { LineSettings } from './line.ts';

const IAC = 255;
const [DONT, DO, WONT, WILL, SB, SE] = [254, 253, 252, 251, 250, 240];
const [BINARY, SGA, COM_PORT] = [0, 3, 44];
const ANSWER_MS = 5000;
/** The server's answers are its commands and 100. */
const ANSWER = 100;
const [SET_BAUDRATE, SET_DATASIZE, SET_PARITY, SET_STOPSIZE, SET_CONTROL, PURGE_DATA] = [1, 2, 3, 4, 5, 12];
const PARITIES: Readonly<Record<LineSettings['parity'], number>> = { none: 1, odd: 2, even: 3, mark: 4, space: 5 };
const FLOWS: Readonly<Record<LineSettings['flowControl'], number>> = { none: 1, xonxoff: 2, rtscts: 3 };
/** A subnegotiation of a server has a few bytes. */
const MAX_SUB_BYTES = 64;

export class Rfc2217 {
  private readonly clock: Clock;
  private readonly send: (bytes: Buffer) => void;
  private state: 'data' | 'iac' | 'option' | 'sub' | 'sub-iac' = 'data';
  private verb = 0;
  private sub: number[] = [];
  private agreed: ((yes: boolean) => void) | undefined;
  private readonly waiting = new Map<number, (value: Buffer) => void>();
  /** Options that were answered: an answer to an answer would never end. */
  private readonly said = new Set<string>();

  constructor(clock: Clock, send: (bytes: Buffer) => void) {
    this.clock = clock;
    this.send = send;
  }

  /** Bytes for the device, IAC doubled. */
  escape(bytes: Uint8Array): Buffer {
    if (!bytes.includes(IAC)) return Buffer.from(bytes);
    return Buffer.from(Array.from(bytes).flatMap((b) => (b === IAC ? [IAC, IAC] : [b])));
  }

  /** @returns the device's bytes among those of the connection */
  take(chunk: Uint8Array): Buffer {
    const out: number[] = [];
    for (const b of chunk) {
      switch (this.state) {
        case 'data':
          if (b === IAC) this.state = 'iac';
          else out.push(b);
          break;
        case 'iac':
          if (b === IAC) out.push(IAC);
          this.state = b === SB ? 'sub' : b >= WILL && b <= DONT ? 'option' : 'data';
          this.verb = b;
          this.sub = [];
          break;
        case 'option':
          this.state = 'data';
          this.option(this.verb, b);
          break;
        case 'sub':
          if (b === IAC) this.state = 'sub-iac';
          else if (this.sub.length < MAX_SUB_BYTES) this.sub.push(b);
          break;
        case 'sub-iac':
          if (b === IAC && this.sub.length < MAX_SUB_BYTES) this.sub.push(b);
          this.state = b === SE ? 'data' : 'sub';
          if (b === SE) this.answered(Buffer.from(this.sub));
          break;
      }
    }
    return Buffer.from(out);
  }

  /** Agrees on the option and sets the line. @throws Error when the server does not follow, or sets something else */
  async begin(line: LineSettings, ended: Promise<unknown>): Promise<void> {
    const agreed = this.within(
      new Promise<boolean>((resolve) => {
        this.agreed = resolve;
      }),
      'it does not answer as RFC 2217: use tcp://',
      ended,
    );
    for (const [verb, option] of [
      [WILL, COM_PORT],
      [WILL, BINARY],
      [DO, BINARY],
      [WILL, SGA],
      [DO, SGA],
    ] as const) {
      this.said.add(`${verb} ${option}`);
      this.send(Buffer.from([IAC, verb, option]));
    }
    if (!(await agreed)) throw new Error('the server refuses the control of RFC 2217: use tcp://');
    await this.apply(line, ended);
    if (line.dtr !== undefined || line.rts !== undefined)
      this.lines({ ...(line.dtr === undefined ? {} : { dtr: line.dtr }), ...(line.rts === undefined ? {} : { rts: line.rts }) });
  }

  /** @throws Error naming what the server did not take */
  async apply(line: LineSettings, ended?: Promise<unknown>): Promise<void> {
    const baud = Buffer.alloc(4);
    baud.writeUInt32BE(line.baudRate);
    await this.set(SET_BAUDRATE, baud, 'baudRate', ended);
    await this.set(SET_DATASIZE, Buffer.from([line.dataBits]), 'dataBits', ended);
    await this.set(SET_PARITY, Buffer.from([PARITIES[line.parity]]), 'parity', ended);
    await this.set(SET_STOPSIZE, Buffer.from([line.stopBits === 1.5 ? 3 : line.stopBits]), 'stopBits', ended);
    await this.set(SET_CONTROL, Buffer.from([FLOWS[line.flowControl]]), 'flowControl', ended);
  }

  lines({ rts, dtr, brk }: { rts?: boolean; dtr?: boolean; brk?: boolean }): void {
    if (brk !== undefined) this.command(SET_CONTROL, Buffer.from([brk ? 5 : 6]));
    if (dtr !== undefined) this.command(SET_CONTROL, Buffer.from([dtr ? 8 : 9]));
    if (rts !== undefined) this.command(SET_CONTROL, Buffer.from([rts ? 11 : 12]));
  }

  purge(): void {
    this.command(PURGE_DATA, Buffer.from([3]));
  }

  private command(code: number, value: Buffer): void {
    this.send(Buffer.concat([Buffer.from([IAC, SB, COM_PORT, code]), this.escape(value), Buffer.from([IAC, SE])]));
  }

  private async set(code: number, value: Buffer, name: string, ended: Promise<unknown> | undefined): Promise<void> {
    const answer = this.within(
      new Promise<Buffer>((resolve) => this.waiting.set(code, resolve)),
      `the server does not answer to ${name}`,
      ended,
    );
    this.command(code, value);
    const got = await answer;
    if (!got.equals(value))
      throw new Error(`the server takes ${name} as ${got.length === 4 ? got.readUInt32BE() : (got[0] ?? 'nothing')} only`);
  }

  private answered(sub: Buffer): void {
    if (sub[0] !== COM_PORT || sub.length < 2) return;
    const code = sub[1]! - ANSWER;
    const done = this.waiting.get(code);
    this.waiting.delete(code);
    done?.(sub.subarray(2));
  }

  private option(verb: number, option: number): void {
    if (option === COM_PORT && (verb === DO || verb === DONT)) return this.agreed?.(verb === DO);
    const known = option === BINARY || option === SGA || (option === COM_PORT && verb === WILL);
    const answer = verb === DO ? (known ? WILL : WONT) : verb === WILL ? (known ? DO : DONT) : undefined;
    if (answer === undefined || this.said.has(`${answer} ${option}`)) return;
    this.said.add(`${answer} ${option}`);
    this.send(Buffer.from([IAC, answer, option]));
  }

  private async within<T>(work: Promise<T>, problem: string, ended: Promise<unknown> | undefined): Promise<T> {
    let timer: TimerHandle | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.clock.setTimer(ANSWER_MS, () => reject(new Error(problem)));
      void ended?.then(() => reject(new Error('the connection was lost')));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      this.clock.clear(timer);
    }
  }
}
