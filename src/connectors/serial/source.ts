// Serial source: frames of a kept port, as bytes for FORMAT or as rows by pattern or layout; by itself or when asked (requests).
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { DeviceReport } from '../../contract/device.ts';
import type { Emit, Source } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Row } from '../../data/value.ts';
import { acquirePort } from '../port/index.ts';
import { createAnswers } from './answers.ts';
import { columnsOfPattern, compileNamedGroups } from './decode/named-groups.ts';
import { compileLayout } from './decode/struct.ts';
import type { Framer } from './framing/index.ts';
import { createLineReader } from './line-reader.ts';
import { type PortProps, parsePortProps, sourceOptions } from './options.ts';
import { type Poller, type PollerOptions, startPoller } from './poller.ts';
import { type Session, startSession } from './presets/iec62056-session.ts';
import { compileRequests, type Request } from './requests.ts';

/** A line without flow control cannot be told to wait: so many bytes are kept while the gateway is behind, then frames are dropped. */
const MAX_BEHIND_BYTES = 1_048_576;
/** A noisy line must not fill the log. */
const TELL_EVERY_MS = 10_000;

const STRAYS = {
  late: (request: string) => `an answer to request ${request} came late`,
  foreign: (request: string) => `an answer of another instrument while request ${request} waited`,
  unasked: () => 'an unsolicited frame',
};

export function createSerialSource(): Source {
  let props: PortProps;
  let decode: ((frame: Uint8Array) => Row | undefined) | undefined;
  let columns: readonly string[] = [];
  let stop: (() => void) | undefined;
  let devices: (() => DeviceReport[]) | undefined;

  return {
    configure(datasource, raw) {
      props = parsePortProps('serial source', sourceOptions, raw, datasource);
      const { pattern, layout } = props.parsed as { pattern: string; layout: Record<string, unknown>[] };
      if (pattern !== '' && layout.length > 0) throw new Error('property pattern and property layout exclude each other');
      const { preset } = props;
      decode = preset
        ? (frame) => preset.kind.decode(frame, preset.props)
        : pattern !== ''
          ? compileNamedGroups(pattern)
          : layout.length > 0
            ? compileLayout(layout)
            : undefined;
      columns = preset?.kind.requests ? ['address'] : pattern !== '' ? columnsOfPattern(pattern) : layout.map((f) => String(f['name']));
      requestsOf(
        props,
        props.framing.create(props.framingOptions, () => undefined),
      );
    },

    open(ctx: ConnectorContext, emit: Emit) {
      const { port, release } = acquirePort(ctx, props.selector, props.line, ctx.getOpId());
      const framer = props.framing.create(props.framingOptions, (reason) => ctx.dropped(1, reason));
      const requests = requestsOf(props, framer);
      const flow = createFlow(emit, props.line.flowControl === 'none' ? undefined : () => port.pause(), (reason) => ctx.dropped(1, reason));
      let meta: Meta = { port: port.path };
      let toldAtMs = Number.NEGATIVE_INFINITY;
      const undecodable = (error: unknown) => {
        // the reason is a key in the status: never the frame's own text, of which noise makes any number
        ctx.dropped(1, 'the frame cannot be decoded');
        const nowMs = ctx.clock.monotonic();
        if (nowMs - toldAtMs < TELL_EVERY_MS) return;
        toldAtMs = nowMs;
        ctx.log.warn({ code: 'DECODE_FAILED', error: messageOf(error) }, 'A frame cannot be decoded.');
      };
      const hand = (frame: Buffer, columns?: Row) => {
        // FORMAT gives the columns then; what is known of the request is in meta()
        if (!decode) return flow.send(frame, frame.length, columns ? ({ ...meta, ...columns } as Meta) : meta);
        try {
          const row = decode(frame);
          // right, and not wanted
          if (!row) return;
          flow.send(columns ? { ...columns, ...row } : row, frame.length, meta);
        } catch (error) {
          undecodable(error);
        }
      };
      let poller: Poller | Session | undefined;
      const talks = requests.length > 0 || props.preset?.kind.session !== undefined;
      const reader = createLineReader(ctx.clock, framer, (frame) => (talks ? poller?.frame(frame) : hand(frame)));
      const failing = new Set<string>();
      const unuse = port.use({
        onData: (chunk) => reader.data(chunk),
        onState(state, message) {
          reader.reset();
          meta = { port: port.path };
          ctx.status(state, message);
        },
      });
      const answers = createAnswers(props.framing, props.framingOptions, decode, columns);
      let polling: Poller | undefined;
      if (props.preset?.kind.session)
        poller = startSession({
          clock: ctx.clock,
          port,
          baudRate: props.line.baudRate,
          pollMs: props.parsed['pollMs'],
          timeoutMs: props.parsed['timeoutMs'],
          meters: props.preset.props.meters.length > 0 ? props.preset.props.meters : [''],
          reset: () => reader.reset(),
          block(frame, meter) {
            if (failing.delete('meter')) ctx.log.info({ meter }, 'The meter answers again.');
            hand(frame, { meter });
          },
          failed(meter, reason) {
            ctx.dropped(1, `meter ${meter}: ${reason}`);
            if (!failing.has('meter')) ctx.log.warn({ code: 'SERIAL_NO_ANSWER', meter, error: reason }, 'The meter does not answer.');
            failing.add('meter');
          },
        });
      else if (requests.length)
        poller = polling = startPoller(ctx.clock, port, reader, requests, answers, props.parsed as PollerOptions, {
          answer(frame, request) {
            if (failing.delete(request.name)) ctx.log.info({ request: request.name }, 'The instrument answers again.');
            hand(frame, request.columns);
          },
          failed(request, reason) {
            ctx.dropped(1, `request ${request.name}: ${reason}`);
            if (!failing.has(request.name))
              ctx.log.warn({ code: 'SERIAL_NO_ANSWER', request: request.name, error: reason }, 'The instrument does not answer.');
            failing.add(request.name);
          },
          stray(what, request, error) {
            if (what === 'undecodable') undecodable(error);
            else if (what !== 'echo') ctx.dropped(1, STRAYS[what](request?.name ?? ''));
          },
        });
      devices = () => polling?.devices(port.path) ?? [];
      stop = () => {
        devices = undefined;
        poller?.stop();
        reader.stop();
        flow.stop();
        unuse();
        release();
      };
    },

    devices: () => devices?.() ?? [],

    close() {
      stop?.();
      stop = undefined;
    },
  };
}

const requestsOf = (props: PortProps, framer: Framer): Request[] => {
  const { preset, parsed } = props;
  const own = preset?.kind.requests?.(preset.props) ?? [];
  return own.length > 0 ? own : compileRequests(parsed['requests'], framer);
};

/** Hands frames on; while the gateway is behind it stops the line where that can be done, and keeps a bounded rest where it cannot. */
function createFlow(emit: Emit, pause: (() => () => void) | undefined, drop: (reason: string) => void) {
  const kept: { data: Uint8Array | Row; bytes: number; meta: Meta }[] = [];
  let keptBytes = 0;
  let behind = false;
  let stopped = false;
  const wait = (until: Promise<void>) => {
    behind = true;
    const go = pause?.();
    void until.then(() => {
      behind = false;
      go?.();
      while (!behind && !stopped && kept.length) {
        const next = kept.shift()!;
        keptBytes -= next.bytes;
        give(next.data, next.meta);
      }
    });
  };
  const give = (data: Uint8Array | Row, meta: Meta) => {
    const until = emit(data, meta);
    if (until) wait(until);
  };
  return {
    send(data: Uint8Array | Row, bytes: number, meta: Meta) {
      if (!behind) return give(data, meta);
      if (keptBytes + bytes > MAX_BEHIND_BYTES) return drop('the gateway is behind');
      kept.push({ data, bytes, meta });
      keptBytes += bytes;
    },
    stop() {
      stopped = true;
      kept.length = 0;
    },
  };
}
