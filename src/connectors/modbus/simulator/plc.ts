// A simulated controller: coils and registers of several units, and the answers to requests. No transport: serve-tcp.ts and serve-stream.ts
// carry it. Used by `make run` and by tests.
export interface PlcUnit {
  readonly coils: Uint8Array;
  readonly discretes: Uint8Array;
  readonly holding: Uint16Array;
  readonly input: Uint16Array;
}

export interface Plc {
  readonly units: ReadonlyMap<number, PlcUnit>;
  /** @param request unit id and PDU  @returns unit id and PDU of the reply; undefined when no such unit is there, or for a broadcast */
  answer(request: Buffer): Buffer | undefined;
  /** Exception code for requests that it does not take; may be changed at any time. */
  refuse?: (request: Buffer) => number | undefined;
  /** Starts anew: everything that was written is lost. */
  restart(): void;
}

/** @param unitIds units that answer  @param size coils and registers of each kind
 *  @param powerUp sets the values that a unit starts with; default: zeros */
export function createPlc(unitIds: readonly number[], size = 1000, powerUp: (unit: PlcUnit, id: number) => void = () => undefined): Plc {
  const units = new Map<number, PlcUnit>(
    unitIds.map((id) => [
      id,
      { coils: new Uint8Array(size), discretes: new Uint8Array(size), holding: new Uint16Array(size), input: new Uint16Array(size) },
    ]),
  );
  const plc: Plc = {
    units,
    restart() {
      for (const [id, unit] of units) {
        for (const memory of [unit.coils, unit.discretes, unit.holding, unit.input]) memory.fill(0);
        powerUp(unit, id);
      }
    },
    answer(request) {
      if (request[0] === 0 && request[1]! > 4 && !units.has(0)) {
        for (const unit of units.values()) serve(unit, request);
        return undefined;
      }
      const unit = units.get(request[0]!);
      if (!unit) return undefined;
      const pdu = plc.refuse?.(request) ?? serve(unit, request);
      return typeof pdu === 'number'
        ? Buffer.from([request[0]!, request[1]! | 0x80, pdu])
        : Buffer.concat([Buffer.from([request[0]!, request[1]!]), pdu]);
    },
  };
  plc.restart();
  return plc;
}

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/** @returns what follows the function code, or the code of an exception */
function serve(unit: PlcUnit, request: Buffer): Buffer | number {
  const fn = request[1]!;
  if (request.length < 6) return ILLEGAL_VALUE;
  const address = request.readUInt16BE(2);
  const count = request.readUInt16BE(4);
  const echo = request.subarray(2, 6);
  switch (fn) {
    case 1:
    case 2: {
      const bits = fn === 1 ? unit.coils : unit.discretes;
      if (count < 1 || count > 2000) return ILLEGAL_VALUE;
      if (address + count > bits.length) return ILLEGAL_ADDRESS;
      const out = Buffer.alloc(1 + Math.ceil(count / 8));
      out[0] = out.length - 1;
      for (let i = 0; i < count; i++) if (bits[address + i]) out[1 + (i >> 3)]! |= 1 << (i & 7);
      return out;
    }
    case 3:
    case 4: {
      const words = fn === 3 ? unit.holding : unit.input;
      if (count < 1 || count > 125) return ILLEGAL_VALUE;
      if (address + count > words.length) return ILLEGAL_ADDRESS;
      const out = Buffer.alloc(1 + 2 * count);
      out[0] = 2 * count;
      for (let i = 0; i < count; i++) out.writeUInt16BE(words[address + i]!, 1 + 2 * i);
      return out;
    }
    case 5:
      if (address >= unit.coils.length) return ILLEGAL_ADDRESS;
      if (count !== 0 && count !== 0xff00) return ILLEGAL_VALUE;
      unit.coils[address] = count ? 1 : 0;
      return echo;
    case 6:
      if (address >= unit.holding.length) return ILLEGAL_ADDRESS;
      unit.holding[address] = count;
      return echo;
    case 15:
      if (count < 1 || request.length !== 7 + Math.ceil(count / 8)) return ILLEGAL_VALUE;
      if (address + count > unit.coils.length) return ILLEGAL_ADDRESS;
      for (let i = 0; i < count; i++) unit.coils[address + i] = (request[7 + (i >> 3)]! >> (i & 7)) & 1;
      return echo;
    case 16:
      if (count < 1 || request.length !== 7 + 2 * count) return ILLEGAL_VALUE;
      if (address + count > unit.holding.length) return ILLEGAL_ADDRESS;
      for (let i = 0; i < count; i++) unit.holding[address + i] = request.readUInt16BE(7 + 2 * i);
      return echo;
    case 22:
      if (request.length !== 8) return ILLEGAL_VALUE;
      if (address >= unit.holding.length) return ILLEGAL_ADDRESS;
      unit.holding[address] = (unit.holding[address]! & count) | (request.readUInt16BE(6) & ~count & 0xffff);
      return request.subarray(2, 8);
    default:
      return ILLEGAL_FUNCTION;
  }
}
