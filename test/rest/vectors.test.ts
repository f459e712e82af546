// The recorded REST steps of eKuiper (test/conformance, kind rest), in process over a runtime without data: status codes, texts and
// shapes. Steps that need a running rule's metrics or a broker are checked by the conformance run against the real daemon.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeService } from '../service/make-service.ts';
import { difference } from './vector-match.ts';

interface Step {
  method: string;
  path: string;
  body?: unknown;
  status: number;
  out?: unknown;
  only?: boolean;
}

interface Case {
  name: string;
  area: string;
  kind: string;
  steps: Step[];
  after?: Step[];
}

const folder = join(import.meta.dirname, '../conformance/vectors');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.json'));
const cases = files.flatMap((f) => JSON.parse(readFileSync(join(folder, f), 'utf8')) as Case[]).filter((c) => c.kind === 'rest');

/** Answers that tell about data that the fake runtime does not have. */
const NEEDS_DATA = /\/rules\/PFX_\w+\/(status|topo)$|^\/connections/;

describe('recorded REST steps', () => {
  let made: Awaited<ReturnType<typeof makeService>>;
  beforeAll(async () => {
    made = await makeService();
  });
  afterAll(() => made.close());

  test('vectors are there', () => {
    expect(cases.length).toBeGreaterThan(20);
  });

  test.for(cases.map((c) => [`${c.area}/${c.name}`, c] as const))('%s', async ([name, c]) => {
    const prefix = `v${cases.indexOf(c)}_`;
    const problems: string[] = [];
    const fill = (v: unknown) =>
      v === undefined
        ? undefined
        : typeof v === 'string'
          ? v.replaceAll('PFX_', prefix)
          : JSON.parse(JSON.stringify(v).replaceAll('PFX_', prefix));
    for (const s of c.steps) {
      const { status, text } = await made.call(s.method, fill(s.path) as string, fill(s.body));
      const shown = text.replaceAll(prefix, 'PFX_');
      let body: unknown;
      try {
        body = JSON.parse(shown);
      } catch {
        body = { $text: shown.trim() };
      }
      if (s.only && Array.isArray(body)) body = body.filter((e) => JSON.stringify(e).includes('PFX_'));
      else if (s.only && typeof body === 'object')
        body = Object.fromEntries(Object.entries(body as object).filter((e) => JSON.stringify(e).includes('PFX_')));
      if (status !== s.status)
        problems.push(`${s.method} ${s.path} ${JSON.stringify(s.body)}: expected status ${s.status}, got ${status} ${shown}`);
      else if (s.out !== undefined && !NEEDS_DATA.test(s.path)) {
        const found = difference(s.out, body);
        if (found) problems.push(`${s.method} ${s.path} ${JSON.stringify(s.body)}: ${found}`);
      }
    }
    for (const s of c.after ?? []) await made.call(s.method, fill(s.path) as string, fill(s.body));
    expect(problems, name).toEqual([]);
  });
});
