// Messages of a peer that neither waits nor asks for confirmations (Redis pub/sub, NATS core, ZeroMQ): while the gateway is behind they wait here,
// in a bound of rows and bytes; beyond it the new ones are dropped and counted. Used by the sources of those.
import type { ConnectorContext } from '../../contract/context.ts';
import type { Emit } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';

const MAX_MESSAGES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

export class Overflow {
  private readonly ctx: Pick<ConnectorContext, 'dropped'>;
  private readonly emit: Emit;
  private readonly waiting: { data: Uint8Array | string; meta: Meta }[] = [];
  private bytes = 0;
  private blocked = false;
  private closed = false;

  constructor(ctx: Pick<ConnectorContext, 'dropped'>, emit: Emit) {
    this.ctx = ctx;
    this.emit = emit;
  }

  push(data: Uint8Array | string, meta: Meta): void {
    if (this.closed) return;
    if (!this.blocked) return this.give(data, meta);
    if (this.waiting.length >= MAX_MESSAGES || this.bytes + data.length > MAX_BYTES)
      return this.ctx.dropped(1, 'the gateway is behind, and this kind of source cannot wait');
    this.waiting.push({ data, meta });
    this.bytes += data.length;
  }

  close(): void {
    this.closed = true;
    this.waiting.length = 0;
    this.bytes = 0;
  }

  private give(data: Uint8Array | string, meta: Meta): void {
    const wait = this.emit(data, meta);
    if (wait === undefined) return;
    this.blocked = true;
    void wait.then(() => this.goOn());
  }

  private goOn(): void {
    this.blocked = false;
    let at = 0;
    while (at < this.waiting.length && !this.blocked) {
      const { data, meta } = this.waiting[at++]!;
      this.bytes -= data.length;
      this.give(data, meta);
    }
    this.waiting.splice(0, at);
  }
}
