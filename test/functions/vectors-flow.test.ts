// Recorded rules of the areas aggregate, analytic and srf, in process: decoder → program → encoder. What needs sinks and REST is run by the
// conformance job; the comparison is the conformance runner's.
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import json from '../../src/codecs/json/index.ts';
import type { Row } from '../../src/data/value.ts';
import { startRule, stream } from '../helpers/program.ts';
import { decodeVector, differenceOf, encodeVector, type FlowCase, type FlowRule, readVectors } from '../helpers/vectors.ts';

const areas = ['aggregate', 'analytic', 'srf'];

describe.each(areas)('%s', (area) => {
  it.each(readVectors<FlowCase>(area, 'flow'))('$name', (c) => {
    expect(c.rules.flatMap((rule) => failureOf(c, rule))).toEqual([]);
  });
});

function failureOf(c: FlowCase, rule: FlowRule): string[] {
  const about = `${rule.name}: ${rule.sql}`;
  const name = /STREAM (\w+)/.exec(c.streams![0]!)![1]!;
  let running: ReturnType<typeof startRule>;
  try {
    running = startRule(rule.sql!, { sources: [stream(name)], ...rule.options });
  } catch (error) {
    return rule.refused ? [] : [`${about}: refused: ${messageOf(error)}`];
  }
  if (rule.refused) return [`${about}: not refused, expected ${rule.message}`];
  const decoder = json.createDecoder({});
  const encoder = json.createEncoder();
  for (const input of c.inputs ?? [])
    for (let i = 0; i < (input.repeat ?? 1); i++) running.push(name, decoder.decode(Buffer.from(encodeVector(input.payload))) as Row);
  const got: unknown[] = [];
  for (const result of running.results) {
    if ('$error' in result) {
      if (rule.options?.['sendError']) got.push(result);
    } else if (rule.sink?.['sendSingle']) for (const row of result) got.push(decodeVector(String(encoder.encode(row))));
    else got.push(decodeVector(String(encoder.encode(result))));
  }
  const d = differenceOf(rule.out, got);
  return d ? [`${about}: ${d}`] : [];
}
