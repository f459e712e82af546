import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createRealClock, createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createTraceStore, type Span } from '../../src/runtime/trace/trace-store.ts';
import { createOtlpExport } from '../../src/service/otlp.ts';

const span = (i: number): Span => ({
  name: '3_filter',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: i.toString(16).padStart(16, '0'),
  parentId: i === 1 ? '0'.repeat(16) : '0'.repeat(15) + '1',
  ruleId: 'tank',
  data: '{"a":1}',
  links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
  startUs: 1_767_225_600_000_250,
  endUs: 1_767_225_600_001_500,
});

// @covers issue:18#6
describe('spans for a collector', () => {
  test('arrive over HTTP as OTLP, with service, parent, times and links', async () => {
    const bodies: string[] = [];
    const paths: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        paths.push(request.url ?? '');
        bodies.push(body);
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const traces = createTraceStore();
    const { log, lines } = createMemoryLog();
    const otlp = createOtlpExport({ traces, clock: createRealClock(), log });
    await otlp.start('box-7', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    traces.add(span(1));
    traces.add(span(2));
    await otlp.stop();
    expect(paths).toEqual(['/v1/traces']);
    const sent = JSON.parse(bodies[0]!) as { resourceSpans: { resource: unknown; scopeSpans: { spans: Record<string, unknown>[] }[] }[] };
    expect(JSON.stringify(sent.resourceSpans[0]!.resource)).toContain('box-7');
    const spans = sent.resourceSpans[0]!.scopeSpans[0]!.spans;
    expect(spans).toHaveLength(2);
    expect(spans[1]).toMatchObject({
      name: '3_filter',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '0000000000000002',
      parentSpanId: '0000000000000001',
      startTimeUnixNano: '1767225600000250000',
      endTimeUnixNano: '1767225600001500000',
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
    });
    expect(spans[0]!['parentSpanId']).toBeUndefined();
    expect(otlp.lost).toBe(0);
    expect(lines).toEqual([]);
    server.closeAllConnections();
    server.close();
  });

  test('that are not taken are counted and told, and none is sent after the stop', async () => {
    const clock = createVirtualClock();
    const { log, lines } = createMemoryLog();
    const traces = createTraceStore();
    let code = 1;
    const batches: number[] = [];
    const otlp = createOtlpExport({
      traces,
      clock,
      log,
      sender: async () => ({
        export(spans, done) {
          batches.push(spans.length);
          done(code === 0 ? { code } : { code, error: new Error('503') });
        },
        shutdown: async () => undefined,
      }),
    });
    await otlp.start('', 'http://collector:4318/own/path');
    for (let i = 1; i <= 300; i++) traces.add({ ...span(i), traceId: String(i) });
    expect(batches).toEqual([]);
    await clock.advance(1000);
    expect(batches).toEqual([256, 44]);
    expect(otlp.lost).toBe(300);
    expect(lines[0]).toMatchObject({ level: 'warn', code: 'TRACE_EXPORT', server: 'http://collector:4318/own/path', cause: '503' });
    code = 0;
    traces.add(span(1));
    await clock.advance(1000);
    expect(batches).toEqual([256, 44, 1]);
    expect(otlp.lost).toBe(300);
    await otlp.stop();
    traces.add(span(2));
    await clock.advance(5000);
    expect(batches).toHaveLength(3);
  });

  test('wait in a queue of 2,048: more are lost, and told', async () => {
    const clock = createVirtualClock();
    const traces = createTraceStore(5000);
    let sent = 0;
    const otlp = createOtlpExport({
      traces,
      clock,
      log: createMemoryLog().log,
      sender: async () => ({
        export(spans, done) {
          sent += spans.length;
          done({ code: 0 });
        },
        shutdown: async () => undefined,
      }),
    });
    await otlp.start('x', 'localhost:4318');
    for (let i = 0; i < 2100; i++) traces.add({ ...span(1), traceId: String(i) });
    await clock.advance(1000);
    expect(sent).toBe(2048);
    expect(otlp.lost).toBe(52);
    await otlp.stop();
  });

  test.each(['', '   ', 'http://', 'a b:c'])('an address that is none is refused: "%s"', async (url) => {
    const otlp = createOtlpExport({ traces: createTraceStore(), clock: createVirtualClock(), log: createMemoryLog().log });
    await expect(otlp.start('x', url)).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
  });
});
