// Whether a frame is the answer to a request: not the own echo, decodable, and of the instrument that was asked. Pure. Used by conversation.ts.
import { RE2JS } from 're2js';
import type { Row } from '../../data/value.ts';
import type { FramingDefinition } from './framing/index.ts';
import type { Request } from './requests.ts';

export type Judgement =
  | { readonly kind: 'answer'; readonly frame: Buffer }
  /** What was sent comes back (RS-485 adapters hear themselves). */
  | { readonly kind: 'echo' }
  /** It names another instrument, or does not fit `expect`. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'undecodable'; readonly error: unknown };

export interface Answers {
  judge(frame: Buffer, request: Request): Judgement;
  /** The answers to this request tell whose they are: nobody else's can be taken for them. */
  identifies(request: Request): boolean;
}

/** @param decode throws for frames that are none; undefined: FORMAT decodes later
 *  @param columns that `decode` gives */
export function createAnswers(
  framing: FramingDefinition,
  framingOptions: Record<string, unknown>,
  decode: ((frame: Uint8Array) => Row | undefined) | undefined,
  columns: readonly string[],
): Answers {
  const expected = new Map<Request, RE2JS>();
  const echoes = new Map<Request, { of: Buffer; frames: readonly Buffer[] }>();
  const named = (request: Request): string[] => columns.filter((c) => c in request.columns && c !== 'request');
  const expectOf = (request: Request): RE2JS | undefined => {
    if (request.expect === undefined) return undefined;
    let pattern = expected.get(request);
    if (!pattern) {
      pattern = RE2JS.compile(request.expect, RE2JS.DOTALL);
      expected.set(request, pattern);
    }
    return pattern;
  };
  /** The request as its own framing cuts it: what an echo looks like. */
  const echoesOf = (request: Request): readonly Buffer[] => {
    const of = request.bytes;
    let known = echoes.get(request);
    if (!known?.of.equals(of)) {
      const frames: Buffer[] = [];
      const framer = framing.create(framingOptions, () => undefined);
      framer.push(of, (f) => void frames.push(f));
      framer.idle?.((f) => void frames.push(f));
      known = { of, frames };
      echoes.set(request, known);
    }
    return known.frames;
  };

  const accept = (frame: Buffer, request: Request): Judgement => {
    const pattern = expectOf(request);
    if (pattern && !pattern.matcher(frame.toString('latin1')).find()) return { kind: 'foreign' };
    if (!decode) return { kind: 'answer', frame };
    let row: Row | undefined;
    try {
      row = decode(frame);
    } catch (error) {
      return { kind: 'undecodable', error };
    }
    if (!row) return { kind: 'foreign' };
    const answer = row;
    const others = named(request).some((c) => !isSame(answer[c], request.columns[c]));
    return others ? { kind: 'foreign' } : { kind: 'answer', frame };
  };

  return {
    judge(frame, request) {
      if (frame.equals(request.bytes) || echoesOf(request).some((e) => e.equals(frame))) return { kind: 'echo' };
      // framings without an end mark may hold echo and answer in one frame
      if (frame.length > request.bytes.length && frame.subarray(0, request.bytes.length).equals(request.bytes)) {
        const rest = accept(frame.subarray(request.bytes.length), request);
        if (rest.kind === 'answer') return rest;
      }
      return accept(frame, request);
    },
    identifies: (request) => request.expect !== undefined || named(request).length > 0,
  };
}

/** '01', 1 and 1n name the same instrument. */
function isSame(a: unknown, b: unknown): boolean {
  if (String(a) === String(b)) return true;
  const [x, y] = [Number(a), Number(b)];
  return a !== null && b !== null && String(a).trim() !== '' && String(b).trim() !== '' && x === y;
}
