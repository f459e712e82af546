// What a source knows of the devices behind it, for people: health of the rule, `GET /devices`, `kuiper device show`.

export interface DeviceReport {
  /** Name as in rows and messages. */
  readonly name: string;
  /** Address on its line; absent where there is none. */
  readonly unit?: number;
  /** Line, port or broker, as in logs. */
  readonly line: string;
  /** `unasked`: no request was answered or failed yet. */
  readonly state: 'unasked' | 'answering' | 'silent' | 'unreachable' | 'refusing';
  /** How long it has been failing, ms; 0 when it answers. */
  readonly failingMs: number;
  /** Epoch ms, 0 = never. */
  readonly lastReplyAtMs: number;
  /** Time of the last reply, beyond the time on the wire, ms. */
  readonly replyMs?: number;
  /** How many of its points were read last with which quality. */
  readonly points: { readonly good: number; readonly stale: number; readonly bad: number };
  /** Points that cannot be read though the device answers, and why. */
  readonly refused: Readonly<Record<string, string>>;
  readonly requests: number;
  readonly timeouts: number;
  /** Late or foreign frames. */
  readonly strays: number;
  /** When it is tried again, ms; 0 when it is not set aside. */
  readonly nextTryMs: number;
  /** A sentence when data that should flow does not, with what to do; '' when it flows. */
  readonly problem: string;
}
