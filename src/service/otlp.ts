// Sends spans of traced rules to a collector by OTLP over HTTP (POST /tracer). The packages of OpenTelemetry are loaded on first use. Spans wait in a
// bounded queue; what finds no room or is not taken is counted and told in the log. Called by rest/routes/observe.ts.
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { Span, TraceStore } from '../runtime/index.ts';

export interface OtlpExport {
  /** @param url of the collector: `host:4318`, or a whole URL  @throws SERVICE_REFUSED */
  start(serviceName: string, url: string): Promise<void>;
  stop(): Promise<void>;
  /** Spans that no collector took. */
  readonly lost: number;
}

/** What sends; tests put their own in. */
export interface SpanSender {
  export(spans: ReadableSpan[], done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

const MAX_QUEUE = 2048;
const BATCH = 256;
const SEND_MS = 1000;
const SUCCESS = 0;
const INTERNAL_KIND = 0;

export interface OtlpDeps {
  traces: TraceStore;
  clock: Clock;
  log: Log;
  /** Default: the package for OTLP over HTTP. */
  sender?(url: string): Promise<SpanSender>;
}

export function createOtlpExport({ traces, clock, log, sender = httpSender }: OtlpDeps): OtlpExport {
  let current: { sender: SpanSender; of: Origin; url: string } | undefined;
  let queue: Span[] = [];
  let timer: TimerHandle | undefined;
  let sending: Promise<void> | undefined;
  let lost = 0;

  const lose = (count: number, cause: string) => {
    lost += count;
    log.warn(
      { code: 'TRACE_EXPORT', server: current?.url, count, lost, cause },
      'Spans could not be sent to the collector; they are lost there.',
    );
  };
  const send = async (): Promise<void> => {
    while (current && queue.length > 0) {
      const { sender: to, of } = current;
      const batch = queue.splice(0, BATCH);
      const result = await new Promise<{ code: number; error?: Error }>((resolve) => {
        try {
          to.export(
            batch.map((s) => readable(s, of)),
            resolve,
          );
        } catch (error) {
          resolve({ code: 1, error: error as Error });
        }
      });
      if (result.code !== SUCCESS) lose(batch.length, messageOf(result.error ?? 'the collector did not take them'));
    }
  };
  const flush = () => {
    timer = undefined;
    sending ??= send().finally(() => {
      sending = undefined;
      if (queue.length > 0) arm();
    });
  };
  const arm = () => {
    timer ??= clock.setTimer(SEND_MS, flush);
  };
  const stop = async () => {
    traces.exporter = undefined;
    clock.clear(timer);
    timer = undefined;
    await sending;
    await send();
    const ended = current;
    current = undefined;
    queue = [];
    await ended?.sender.shutdown();
  };

  return {
    async start(serviceName, given) {
      const url = urlOf(given);
      await stop();
      current = { sender: await sender(url), of: originOf(serviceName || 'kuiperd-service'), url };
      traces.exporter = (span) => {
        if (queue.length >= MAX_QUEUE) return lose(1, `more than ${MAX_QUEUE} spans wait`);
        queue.push(span);
        arm();
      };
    },
    stop,
    get lost() {
      return lost;
    },
  };
}

async function httpSender(url: string): Promise<SpanSender> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter({ url, timeoutMillis: 5000 });
}

/** @throws SERVICE_REFUSED */
function urlOf(given: string): string {
  const text = /^https?:\/\//.test(given) ? given : `http://${given}`;
  if (!URL.canParse(text) || given.trim() === '')
    throw new GatewayError('SERVICE_REFUSED', { text: `collector_url: ${JSON.stringify(given)} is not an address such as localhost:4318` });
  const url = new URL(text);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

const timeOf = (us: number): [number, number] => [Math.floor(us / 1e6), Math.round((us % 1e6) * 1000)];

type Origin = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

/** One object for all spans: the packages put together what has the same one. */
function originOf(service: string): Origin {
  const resource = { attributes: { 'service.name': service }, merge: () => resource, getRawAttributes: () => [['service.name', service]] };
  return { resource, instrumentationScope: { name: 'kuiper-gateway' } } as unknown as Origin;
}

/** A span as the packages want it. */
function readable(s: Span, of: Origin): ReadableSpan {
  const context = (traceId: string, spanId: string) => ({ traceId, spanId, traceFlags: 1 });
  const span = {
    name: s.name,
    kind: INTERNAL_KIND,
    spanContext: () => context(s.traceId, s.spanId),
    ...(!/^0+$/.test(s.parentId) && { parentSpanContext: context(s.traceId, s.parentId) }),
    startTime: timeOf(s.startUs),
    endTime: timeOf(s.endUs),
    duration: timeOf(s.endUs - s.startUs),
    ended: true,
    status: { code: 0 },
    attributes: {
      rule: s.ruleId,
      ...(s.data !== undefined && { data: s.data }),
      ...(s.sourceType && { 'span.mytype': s.sourceType }),
    },
    links: s.links.map((l) => ({ context: context(l.traceId, l.spanId) })),
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...of,
  };
  return span as unknown as ReadableSpan;
}
