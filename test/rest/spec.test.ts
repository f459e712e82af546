// Every endpoint of eKuiper's REST (docs/spec/rest.json) has a route here, or stands below with the reason.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeService } from '../service/make-service.ts';

interface Endpoint {
  method: string;
  path: string;
}

const file = join(import.meta.dirname, '../../docs/spec/rest.json');
const { endpoints } = JSON.parse(readFileSync(file, 'utf8')) as { endpoints: Endpoint[] };

/** Go's profiler cannot be served by Node; metrics are there with basic.prometheus only. */
const ELSEWHERE = /^\/debug\/pprof\/|^\/metrics$/;

describe('REST specification', () => {
  let made: Awaited<ReturnType<typeof makeService>>;
  beforeAll(async () => {
    made = await makeService();
  });
  afterAll(() => made.close());

  test.for(endpoints.filter((e) => !ELSEWHERE.test(e.path)).map((e) => [`${e.method} ${e.path}`, e] as const))('%s is routed', ([, e]) => {
    const match = made.router.match(e.method, e.path.replace(/\{\w+\}/g, 'x'));
    expect(match).not.toBeTypeOf('string');
  });

  test('a fixed path wins over {name}', () => {
    const match = made.router.match('GET', '/services/functions');
    expect(typeof match === 'object' && match.route.path).toBe('/services/functions');
  });
});
