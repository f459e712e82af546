// Answers whose shape other programs rely on: status of /v2, metadata of operators, names of nodes over a named connection, updates.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeService } from '../service/make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
beforeEach(async () => {
  made = await makeService();
});
afterEach(() => made.close());

const rule = { id: 'r', sql: 'SELECT * FROM s', actions: [{ log: {} }] };

describe('shapes of answers', () => {
  // @covers finding:parity#13
  it('the status of /v2 has the keys of the status, not one object for each node', async () => {
    await made.sql('CREATE STREAM s () WITH (DATASOURCE="a")');
    await made.call('POST', '/rules', rule);
    const v1 = await made.call('GET', '/rules/r/status');
    const v2 = await made.call('GET', '/v2/rules/r/status');
    expect(v2.status).toBe(200);
    expect(JSON.parse(v2.text)).toEqual(JSON.parse(v1.text));
    expect((await made.call('GET', '/v2/rules/none/status')).status).toBe(404);
  });

  // @covers finding:parity#14
  it('the operators of graphs come with what a flow editor draws: fields, what goes in, what comes out', async () => {
    const operators = JSON.parse((await made.call('GET', '/metadata/operators')).text) as {
      name: string;
      properties: { name: string; control: string; type: string; optional: boolean; values?: string[]; default: unknown }[];
      node: { category: string; display: boolean; input: object; output: object };
    }[];
    expect(operators.map((o) => [o.name, o.properties.map((p) => p.name)])).toEqual([
      ['aggfunc', ['expr']],
      ['filter', ['expr']],
      ['function', ['expr']],
      ['groupby', ['dimensions']],
      ['join', ['from', 'joins']],
      ['orderby', ['sorts']],
      ['pick', ['fields']],
      ['script', ['script', 'isAgg']],
      ['switch', ['cases', 'stopAtFirstMatch']],
      ['window', ['type', 'unit', 'size', 'interval']],
    ]);
    for (const o of operators) expect(o.node).toMatchObject({ category: 'operator', display: true, input: {}, output: {} });
    const window = operators.find((o) => o.name === 'window')!;
    expect(window.node.input).toEqual({ type: 'row', rowType: 'any', collectionType: 'any', allowMulti: true });
    expect(window.node.output).toEqual({ type: 'collection', strategy: 'append' });
    expect(window.properties.map((p) => [p.control, p.optional])).toEqual([
      ['select', false],
      ['select', false],
      ['text', false],
      ['text', true],
    ]);
    expect(window.properties[1]!.values).toEqual(['ms', 'ss', 'mi', 'hh', 'dd']);
    const join = operators.find((o) => o.name === 'join')!;
    expect((join.properties[1]!.default as { name: string }[]).map((f) => f.name)).toEqual(['name', 'type', 'on']);
  });

  // @covers finding:parity#12
  it('a stream over a named connection has its node under connection and topic, others under their own name', async () => {
    await made.call('POST', '/connections', { id: 'con1', typ: 'mqtt', props: { server: 'tcp://127.0.0.1:1' } });
    await made.call('PUT', '/metadata/sources/mqtt/confKeys/k', { connectionSelector: 'con1' });
    await made.sql('CREATE STREAM s () WITH (DATASOURCE="a/b", CONF_KEY="k")');
    await made.sql('CREATE STREAM t () WITH (DATASOURCE="a/b")');
    await made.call('POST', '/rules', rule);
    const { sources } = made.runtime.rule('r')!.definition;
    expect([sources('s').nodeName, sources('s').name]).toEqual(['con1/a/b', 's']);
    expect(sources('t').nodeName).toBeUndefined();
  });

  // @covers finding:parity#18
  it('an update answers when the new run is there, and after a second when it is not', async () => {
    await made.sql('CREATE STREAM s () WITH (DATASOURCE="a")');
    await made.call('POST', '/rules', rule);
    const handle = made.runtime.rule('r')!;
    let ends: () => void = () => undefined;
    const events: string[] = [];
    handle.update = () => new Promise<void>((resolve) => (ends = resolve));
    const put = async (name: string) => {
      const { status } = await made.call('PUT', '/rules/r', { ...rule, name });
      events.push(`${name} ${status}`);
    };
    const first = put('first');
    await made.clock.advance(999);
    events.push('before the end');
    ends();
    await first;
    const second = put('second');
    await made.clock.advance(999);
    events.push('within the second');
    await made.clock.advance(1);
    await second;
    expect(events).toEqual(['before the end', 'first 200', 'within the second', 'second 200']);
  });

  // @covers issue:21#4
  it('a connection that cannot be tried is called source, sink or lookup source, as it was asked for', async () => {
    const ping = async (path: string) => (await made.call('POST', `/metadata/${path}`, {})).text;
    expect(await ping('sources/connection/file')).toContain('"source file doesn\'t support ping connection"');
    expect(await ping('sinks/connection/file')).toContain('"sink file doesn\'t support ping connection"');
    expect(await ping('lookups/connection/memory')).toContain('"lookup source memory doesn\'t support ping connection"');
  });

  // @covers issue:21#4
  it.each([
    ['{"streams":{"a":"CREATE STREAM a () WI', 'unexpected end of JSON input'],
    ['{"streams":{', 'unexpected end of JSON input'],
    ['{"streams":{"a":', 'unexpected end of JSON input'],
    ['{"streams":}', 'Unexpected token'],
  ])('an import that is cut or wrong (%s) says which', async (content, why) => {
    const answer = await made.call('POST', '/data/import', { content });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('configuration unmarshal with error');
    expect(answer.text).toContain(why);
  });
});
