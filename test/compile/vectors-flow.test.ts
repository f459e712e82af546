// Recorded flows that need no broker, sink options or REST: streams, rules, rows in, payloads out, on a virtual clock. What is left out
// here (templates, memory chains, tables fed by other rules, real-time windows) is checked against the daemon by the conformance runner.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import json from '../../src/codecs/json/index.ts';
import type { Row } from '../../src/data/value.ts';
import type { PlanOptions, SourceInfo } from '../../src/plan/index.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { startRule, type TestRule } from '../helpers/program.ts';
import { decodeVector, differenceOf, encodeVector, type FlowCase, type FlowRule, readVectors } from '../helpers/vectors.ts';

const areas = ['select', 'analytic', 'aggregate', 'srf', 'window', 'join', 'meta', 'errors', 'shared'];
const plainSink = new Set(['sendSingle', 'omitIfEmpty']);

interface Stream {
  info: SourceInfo;
  topics: string[];
}

describe.each(areas)('%s', (area) => {
  it.each(readVectors<FlowCase>(area, 'flow').filter(inProcess))('$name', async (c) => {
    const failures: string[] = [];
    await runFlow(c, failures);
    expect(failures.length, failures.join('\n')).toBe(0);
  });
});

function inProcess(c: FlowCase): boolean {
  return (
    !c.tables?.length &&
    !(c as { setup?: unknown }).setup &&
    (c.inputs ?? []).every((i) => i.topic !== undefined) &&
    (c.streams ?? []).every((s) => !/TYPE *=|STRICT_VALIDATION|CONF_KEY|FORMAT="(?!JSON)/i.test(s)) &&
    c.rules.every((r) => r.sql !== undefined && !r.actions && Object.keys(r.sink ?? {}).every((k) => plainSink.has(k))) &&
    !c.rules.some((r) => isRealTime(r)) &&
    // the timestamp of a row is read, and refused, by the source node
    c.name !== 'bad-timestamp'
  );
}

/** Windows closed by the real clock while the recording ran. */
const isRealTime = (r: FlowRule): boolean =>
  !r.refused && /(TUMBLING|HOPPING|SESSION|SLIDING)WINDOW/i.test(r.sql ?? '') && r.options?.['isEventTime'] !== true;

async function runFlow(c: FlowCase, failures: string[]): Promise<void> {
  const streams = (c.streams ?? []).map(parseStream);
  const clock = createVirtualClock();
  const running = c.rules.map((r) => start(r, streams, clock, failures));
  let delivered = 0;
  for (const input of c.inputs ?? []) {
    if (input.delayMs) await clock.advance(input.delayMs);
    for (const s of streams.filter((x) => x.topics.some((t) => topicMatches(t, input.topic)))) {
      for (let k = 0; k < (input.repeat ?? 1); k++) feed(s, { ...input, id: ++delivered }, running);
      await clock.advance(0);
    }
  }
  await clock.advance(0);
  c.rules.forEach((r, i) => {
    const rule = running[i];
    if (!rule || r.refused) return;
    const got = rule.rule.results.flatMap((result) => payloadsOf(result, r));
    const expected = r.out ?? [];
    const d = r.unordered
      ? differenceOf({ $unordered: expected }, got)
      : r.unorderedRows
        ? differenceOf(
            expected.map((e) => (Array.isArray(e) ? { $unordered: e } : e)),
            got,
          )
        : differenceOf(expected, got);
    if (d) failures.push(`${r.sql}  ${JSON.stringify(r.options ?? {})}: ${d}`);
  });
}

interface Running {
  rule: TestRule;
  spec: FlowRule;
}

function start(
  r: FlowRule,
  streams: readonly Stream[],
  clock: ReturnType<typeof createVirtualClock>,
  failures: string[],
): Running | undefined {
  try {
    const rule = startRule(r.sql!, { sources: streams.map((s) => s.info), clock, ...planOptions(r.options ?? {}) });
    if (r.refused) failures.push(`${r.sql}: not refused: ${r.message}`);
    return { rule, spec: r };
  } catch (error) {
    if (!r.refused) failures.push(`${r.sql}: refused: ${messageOf(error)}`);
    return undefined;
  }
}

function planOptions(o: Record<string, unknown>): PlanOptions {
  const strategy = (o['planOptimizeStrategy'] ?? {}) as Record<string, any>;
  const late = typeof o['lateTolerance'] === 'number' ? `${o['lateTolerance']}ms` : String(o['lateTolerance'] ?? '1s');
  return {
    isEventTime: o['isEventTime'] === true,
    lateToleranceMs: late.endsWith('ms') ? Number(late.slice(0, -2)) : Number(late.slice(0, -1)) * 1000,
    sendNilField: o['sendNilField'] === true,
    sendMetaToSink: o['sendMetaToSink'] === true,
    windowVersion: strategy['windowOption']?.windowVersion,
    sendSlidingWindowTwice: strategy['windowOption']?.enableSendSlidingWindowTwice === true,
  };
}

function parseStream(sql: string): Stream {
  const s = parseStatement(sql);
  if (s.kind !== 'create') throw new Error(sql);
  return {
    info: { name: s.name, kind: s.object, schema: s.fields.length > 0 ? s.fields : undefined, timestamp: s.options.TIMESTAMP?.value },
    topics: (s.options.DATASOURCE?.value ?? '').split(','),
  };
}

function feed(s: Stream, input: NonNullable<FlowCase['inputs']>[number] & { id: number }, running: readonly (Running | undefined)[]): void {
  const p = input.payload as { $text?: string; $base64?: string };
  const isText = typeof p === 'object' && p !== null && '$text' in p;
  const bytes =
    typeof p === 'object' && p !== null && '$base64' in p
      ? Buffer.from(p.$base64!, 'base64')
      : Buffer.from(isText ? p.$text! : encodeVector(p));
  let rows: Row[] = [];
  let failed: string | undefined;
  try {
    const decoded = json.createDecoder({ schema: s.info.schema }).decode(bytes);
    rows = Array.isArray(decoded) ? decoded : [decoded];
  } catch (error) {
    failed = messageOf(error);
  }
  for (const r of running) {
    if (!r?.rule.program.inputs.some((i) => i.source === s.info.name)) continue;
    if (failed !== undefined) r.rule.results.push({ $error: failed });
    for (const row of rows) {
      const ts = s.info.timestamp && r.spec.options?.['isEventTime'] ? row[s.info.timestamp] : undefined;
      if (r.spec.options?.['isEventTime'] && ts == null) continue;
      r.rule.push(s.info.name, row, {
        tsMs: ts === undefined ? undefined : Number(ts),
        meta: { topic: input.topic, qos: 1, messageId: input.id },
      });
    }
  }
}

function payloadsOf(result: TestRule['results'][number], r: FlowRule): unknown[] {
  const encoder = json.createEncoder();
  if ('$error' in result) return r.options?.['sendError'] ? [result] : [];
  const encode = (v: Row | Row[]): unknown => decodeVector(String(encoder.encode(v)));
  if (!r.sink?.['sendSingle']) return [encode(result)];
  return result.filter((row) => !r.sink?.['omitIfEmpty'] || Object.keys(row).length > 0).map(encode);
}

function topicMatches(filter: string, topic: string): boolean {
  const f = filter.split('/');
  const t = topic.split('/');
  return f.length === t.length && f.every((part, i) => part === '+' || part === t[i]);
}
