// /udf/javascript: answers, rules that call the functions, exports, imports and backups.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeService } from '../service/make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
beforeEach(async () => {
  made = await makeService();
  await made.sql('CREATE STREAM s () WITH (DATASOURCE="a")');
});
afterEach(() => made.close());

const area = { id: 'area', description: 'func for area', script: 'function area(x, y) { return x * y; }', isAgg: false };
const rule = { id: 'r', sql: 'SELECT area(a, b) AS c FROM s', actions: [{ log: {} }] };
const answer = async (method: string, url: string, body?: unknown) => {
  const { status, text } = await made.call(method, url, body);
  return [status, text.split('\n')[0]];
};

describe('functions of JavaScript over REST', () => {
  // @covers issue:21#6
  it('are made, shown, replaced and removed with the texts of eKuiper', async () => {
    expect(await answer('GET', '/udf/javascript')).toEqual([200, '[]']);
    expect(await answer('POST', '/udf/javascript', area)).toEqual([201, 'javascript function area is created']);
    expect(await answer('GET', '/udf/javascript')).toEqual([200, '["area"]']);
    expect(JSON.parse((await made.call('GET', '/udf/javascript/area')).text)).toEqual(area);
    expect((await answer('POST', '/udf/javascript', area))[1]).toContain(
      'javascript function create command error: Item area already exists',
    );
    expect(await answer('PUT', '/udf/javascript/area', { ...area, id: undefined, script: 'const area = (x) => x' })).toEqual([
      200,
      'javascript function area is updated',
    ]);
    expect(JSON.parse((await made.call('GET', '/udf/javascript/area')).text)).toMatchObject({ script: 'const area = (x) => x' });
    expect(await answer('DELETE', '/udf/javascript/area')).toEqual([200, 'javascript function area is deleted']);
    expect((await answer('DELETE', '/udf/javascript/area'))[0]).toBe(404);
    expect(await answer('GET', '/udf/javascript/area')).toEqual([400, expect.stringContaining('describe javascript function area error')]);
    expect(existsSync(join(made.root, 'data/scripts/area.json'))).toBe(false);
  });

  it.each([
    ['POST', '/udf/javascript', { ...area, id: 'a b' }, "id 'a b' contains invalid characters"],
    ['POST', '/udf/javascript', { ...area, id: '' }, 'id cannot be empty'],
    ['GET', '/udf/javascript/a%20b', undefined, "id 'a b' contains invalid characters"],
    ['DELETE', '/udf/javascript/a..b', undefined, "id 'a..b' contains invalid characters"],
    ['PUT', '/udf/javascript/area', { ...area, id: '../x' }, "id '../x' contains invalid characters"],
    ['POST', '/udf/javascript', { ...area, script: 'function other() {}' }, 'cannot find function \\"area\\" in script'],
    ['POST', '/udf/javascript', { ...area, script: 'function area( {' }, 'failed to interprete script: SyntaxError'],
  ])('%s %s with %j is refused', async (method, url, body, text) => {
    const { status, text: shown } = await made.call(method, url, body);
    expect([status, shown]).toEqual([400, expect.stringContaining(text)]);
    expect(await answer('GET', '/udf/javascript')).toEqual([200, '[]']);
  });

  it('a rule can call one when it is there, and an aggregate over a window', async () => {
    expect((await answer('POST', '/rules', rule))[1]).toContain('function area not found');
    await made.call('POST', '/udf/javascript', area);
    expect(await answer('POST', '/rules', rule)).toEqual([201, 'Rule r was created successfully.']);
    await made.call('POST', '/udf/javascript', { id: 'sum2', script: 'function sum2(l) { return l.length; }', isAgg: true });
    const windowed = { ...rule, id: 'w', sql: 'SELECT sum2(a) AS c FROM s GROUP BY TUMBLINGWINDOW(ss, 1)' };
    expect(await answer('POST', '/rules', windowed)).toEqual([201, 'Rule w was created successfully.']);
  });

  it('go with an export, come with an import together with the rules that call them, and all or nothing', async () => {
    await made.call('POST', '/udf/javascript', area);
    await made.call('POST', '/rules', rule);
    const exported = JSON.parse((await made.call('GET', '/data/export')).text) as Record<string, Record<string, string>>;
    expect(Object.keys(exported['scripts']!)).toEqual(['area']);
    const other = await makeService();
    try {
      const broken = { ...exported, scripts: { ...exported['scripts'], bad: '{"id":"bad","script":"function x() {}"}' } };
      const refused = await other.call('POST', '/data/import', { content: JSON.stringify(broken) });
      expect(refused.text).toContain('cannot find function');
      expect((await other.call('GET', '/udf/javascript')).text).toBe('[]');
      expect((await other.call('GET', '/rules')).text).toBe('[]');
      const wrong = { ...exported, scripts: { area: '{"id":"other","script":"function other() {}"}' } };
      expect((await other.call('POST', '/data/import', { content: JSON.stringify(wrong) })).text).toContain(
        'the script id other does not match the key area',
      );
      const taken = await other.call('POST', '/data/import', { content: JSON.stringify(exported) });
      expect([taken.status, JSON.parse(taken.text)]).toMatchObject([200, { ErrorMsg: '' }]);
      expect(JSON.parse((await other.call('GET', '/udf/javascript/area')).text)).toEqual(area);
      expect(JSON.parse((await other.call('GET', '/rules')).text)).toMatchObject([{ id: 'r' }]);
    } finally {
      await other.close();
    }
  });

  it('are in a backup, and a restore brings them back', async () => {
    await made.call('POST', '/udf/javascript', area);
    const file = await made.service.backup.create({ passphrase: 'long enough to be one' });
    await made.call('DELETE', '/udf/javascript/area');
    const restored = await made.service.backup.restore({ file, passphrase: 'long enough to be one' });
    expect(restored).toMatchObject({ applied: true });
    expect(await answer('GET', '/udf/javascript')).toEqual([200, '["area"]']);
  });
});
