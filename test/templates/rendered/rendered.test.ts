// What a message may choose, kind by kind: hostile values are refused or stay data, ordinary ones pass unchanged.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { OptionSpec } from '../../../src/contract/props.ts';
import type { Value } from '../../../src/data/value.ts';
import { createTemplateEngine } from '../../../src/templates/index.ts';
import { createVetting, placeOf, printerOf, printJson, printSql } from '../../../src/templates/rendered/index.ts';

const engine = createTemplateEngine({
  now: () => 0,
  timeZone: 'UTC',
  property: () => undefined,
  toJson: (v) => JSON.stringify(v, (_k, x) => (typeof x === 'bigint' ? Number(x) : x)),
});
const render = (kind: NonNullable<OptionSpec['dynamic']>, template: string, data: Value) => engine.compile(template, printerOf(kind))(data);
const spec = (name: string, dynamic: NonNullable<OptionSpec['dynamic']>): OptionSpec => ({ name, type: 'string', dynamic, doc: '' });
/** What the sink gets of one value, or the error. */
function vetted(name: string, kind: NonNullable<OptionSpec['dynamic']>, template: unknown, value: unknown, more: object = {}): unknown {
  const vet = createVetting([spec(name, kind)], { [name]: template, ...more });
  try {
    return vet({ [name]: value })[name];
  } catch (error) {
    return { refused: (error as { code: string }).code, message: (error as Error).message };
  }
}
const refusal = (part = '') => ({ refused: 'VALUE_REFUSED', message: expect.stringContaining(part) });

describe('a rendered file path', () => {
  const place = (template: string, value: string) => {
    try {
      return placeOf(template, template.replace('{{.d}}', value));
    } catch (error) {
      return (error as Error).message;
    }
  };

  // @covers issue:13#1
  // @covers finding:sql#B1
  it.each([
    ['data/logs/{{.d}}', '../../etc/sources/mqtt.yaml', 'leads out'],
    ['data/logs/{{.d}}', '..', 'leads out'],
    ['data/logs/{{.d}}', 'a/../../../plugins/functions/zz.mjs', 'leads out'],
    ['data/logs/dev-{{.d}}.log', '/../../../etc/x', 'leads out'],
    ['data/logs/dev-{{.d}}.log', 'x/../y', 'leads out'],
    ['data/logs/{{.d}}', './x', 'leads out'],
    ['data/logs/.{{.d}}', './x', 'leads out'],
    ['data/logs/{{.d}}', '', 'names a folder'],
    ['data/logs/{{.d}}', 'a/', 'names a folder'],
    ['data/logs/{{.d}}', '///', 'names a folder'],
    ['data/logs/{{.d}}', 'a\0b', 'control character'],
    ['data/logs/{{.d}}', 'a\nb', 'control character'],
    ['data/logs/{{.d}}', 'a\u009bb', 'control character'],
    ['data/logs/{{.d}}', 'a\ud800', 'no proper text'],
    ['data/logs/{{.d}}', '.ssh/authorized_keys', 'begins with a dot'],
    ['data/logs/{{.d}}', 'a/.git', 'begins with a dot'],
    ['{{.d}}', '/etc/passwd', 'absolute path'],
    ['{{.d}}.log', '/tmp/x', 'absolute path'],
    ['{{.d}}', '../x', 'leads out'],
  ])('%s with %j is refused', (template, value, why) => {
    expect(place(template, value)).toContain(why);
  });

  it.each([
    ['data/logs/{{.d}}', 'dev1', 'data/logs/', ['dev1']],
    ['data/logs/{{.d}}.log', 'line 3/press-7', 'data/logs/', ['line 3', 'press-7.log']],
    ['data/logs/{{.d}}', '/dev1', 'data/logs/', ['dev1']],
    ['data/logs/{{.d}}', 'a//b', 'data/logs/', ['a', 'b']],
    ['data/logs/dev-{{.d}}.log', '7', 'data/logs/', ['dev-7.log']],
    ['data/logs/dev-{{.d}}.log', '..', 'data/logs/', ['dev-...log']],
    ['data/logs/{{.d}}', '%2e%2e%2f%2e%2e%2fetc', 'data/logs/', ['%2e%2e%2f%2e%2e%2fetc']],
    ['data/logs/{{.d}}', '..\\..\\etc', 'data/logs/', undefined],
    ['data/logs/{{.d}}/.meta', 'x', 'data/logs/', ['x', '.meta']],
    ['{{.d}}.log', 'dev1', '', ['dev1.log']],
    ['/var/lib/x/{{.d}}', '温度', '/var/lib/x/', ['温度']],
  ])('%s with %j lies where it was meant', (template, value, base, names) => {
    if (names) expect(place(template, value)).toEqual({ base, names });
    else expect(place(template, value)).toContain('begins with a dot');
  });

  it('is refused when it, a name in it or the number of its folders is too long', () => {
    for (const [t, v, why] of [
      ['data/logs/{{.d}}', 'x'.repeat(300), 'longer than 240 bytes'],
      ['data/logs/{{.d}}', 'ü'.repeat(121), 'longer than 240 bytes'],
      ['data/logs/{{.d}}', 'x/'.repeat(40).concat('y'), 'more than 32 folders'],
      ['data/logs/{{.d}}', `${'x'.repeat(200)}/`.repeat(20).concat('y'), 'longer than 3000 bytes'],
    ] as const)
      expect(place(t, v)).toContain(why);
  });

  it('never leaves its folder, whatever is put in', () => {
    const part = fc.constantFrom('..', '.', '/', '//', '\\', 'a', 'etc', '~', '%2e', '\0', ' ', '...', '.x');
    fc.assert(
      fc.property(fc.constantFrom('d/{{.d}}', 'd/p-{{.d}}.log', 'd/e/{{.d}}/f', '{{.d}}'), fc.array(part, { maxLength: 8 }), (t, parts) => {
        const p = place(t, parts.join(''));
        if (typeof p === 'string') return;
        expect(t.startsWith(p.base)).toBe(true);
        for (const n of p.names) expect(n !== '..' && n !== '.' && n !== '' && !n.includes('/')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['/{{.d}}', 'may not stand below / itself'],
    ['/dev{{.d}}', 'may not stand below / itself'],
    ['data/../{{.d}}', '".." may not stand before a template'],
  ])('a rule with the path %s is refused', (path, why) => {
    expect(() => createVetting([spec('path', 'file-path')], { path })).toThrow(why);
  });
});

describe('a rendered url', () => {
  const url = (template: string, d: Value, more: object = {}) => vetted('url', 'url', template, render('url', template, { d }), more);

  it.each([
    ['http://h.example/up/{{.d}}', 'dev1', 'http://h.example/up/dev1'],
    ['http://h.example/up/{{.d}}', 'a/b', 'http://h.example/up/a/b'],
    ['http://h.example/up/{{.d}}', 'a?admin=1#x', 'http://h.example/up/a%3Fadmin=1%23x'],
    ['http://h.example/up/{{.d}}', 'a b\r\nHost: evil', 'http://h.example/up/a%20b%0D%0AHost:%20evil'],
    ['http://h.example/up/{{.d}}', '@evil.example/', 'http://h.example/up/@evil.example/'],
    ['http://h.example/up/{{.d}}', '//evil.example/x', 'http://h.example/up///evil.example/x'],
    ['http://h.example/up/{{.d}}', 'a\\b', 'http://h.example/up/a%5Cb'],
    ['http://h.example/up/{{.d}}', '50%', 'http://h.example/up/50%25'],
    ['http://h.example/up/{{.d}}', 'a%20b', 'http://h.example/up/a%20b'],
    ['http://h.example/q?v={{.d}}&k=1', '1&admin=true', 'http://h.example/q?v=1%26admin=true&k=1'],
    ['http://h.example/q?v={{.d}}', 'x#y', 'http://h.example/q?v=x%23y'],
    ['http://h.example/q?v={{.d}}', 'ü+1 2', 'http://h.example/q?v=ü+1%202'],
    ['http://h.example/q?v={{urlquery .d}}', 'a b&c', 'http://h.example/q?v=a+b%26c'],
    ['http://h.example/q?{{.d}}', 'a=1&b=2', 'http://h.example/q?a=1&b=2'],
    ['http://h.example/q?v={{.d}}', 21.5, 'http://h.example/q?v=21.5'],
    ['http://user:pw@h.example/{{.d}}', 'x', 'http://user:pw@h.example/x'],
  ])('%s with %j is %s', (template, value, expected) => {
    expect(url(template, value)).toBe(expected);
  });

  // @covers issue:13#1
  it.each([
    ['http://h.example/up/{{.d}}', '..', 'is not below'],
    ['http://h.example/up/{{.d}}', '../admin', 'below'],
    ['http://h.example/up/{{.d}}', 'x/%2e%2e/%2e%2e/admin', ''],
    ['http://h.example/up/{{.d}}', '..%2fadmin', 'leads out'],
    ['http://h.example/up/{{.d}}', '%252e%252e%252fadmin', 'leads out'],
    ['http://h.example/up/{{.d}}', '..;/admin', 'leads out'],
    ['http://h.example/up/{{.d}}', '.%00./admin', ''],
    ['http://h.example/up/dev-{{.d}}', '/../../admin', ''],
  ])('%s with %j is refused', (template, value, why) => {
    expect(url(template, value)).toEqual(refusal(why));
  });

  it.each([
    'http://{{.d}}/x',
    '{{.d}}',
    'http://h.example{{.d}}',
    'http://10.0.0.{{.d}}/',
    '{{.d}}://h/',
    'http://u:{{.d}}@h.example/',
    'https:{{.d}}',
  ])('%s is refused when the rule is made, since a message could choose the host', (template) => {
    expect(() => createVetting([spec('url', 'url')], { url: template })).toThrow(/may choose the host.*allowedHosts/);
  });

  it('is refused when it is too long', () => {
    expect(url('http://h.example/up/{{.d}}', 'x'.repeat(9000))).toEqual(refusal('longer than 8192'));
  });

  it('goes only to the hosts that the owner listed, when a template may choose one', () => {
    const at = (d: string) => url('http://{{.d}}/x', d, { allowedHosts: ['a.example', 'b.example:8080', '*.plant.example'] });
    expect(at('a.example')).toBe('http://a.example/x');
    expect(at('b.example:8080')).toBe('http://b.example:8080/x');
    expect(at('m7.plant.example')).toBe('http://m7.plant.example/x');
    for (const bad of ['evil.example', 'b.example', 'a.example.evil.example', 'evil.example#a.example', 'evil.example?.plant.example', 'plant.example.evil', 'a.example@evil.example', 'u:p@a.example', 'evil.example/a.example', 'evil.example\\a.example', '127.0.0.1', '']) // biome-ignore format: one list
      expect(at(bad), bad).toEqual(refusal());
    expect(url('{{.d}}', 'file:///etc/passwd', { allowedHosts: ['*'] })).toEqual(refusal('no http address'));
    expect(url('{{.d}}', 'https://any.example/', { allowedHosts: '*' })).toBe('https://any.example/');
  });

  it('keeps scheme, host, port and path of the owner, whatever is put in', () => {
    const piece = fc.constantFrom(
      '..',
      '/',
      '\\',
      '@',
      ':',
      '#',
      '?',
      '&',
      '%2e',
      '%2f',
      '\t',
      '\n',
      ' ',
      'evil.example',
      '.',
      ';',
      'x',
      '%',
      '\0',
    );
    const place = fc.constantFrom(
      'http://h.example:81/up/{{.d}}',
      'http://h.example:81/up/x-{{.d}}/y',
      'http://h.example:81/up/q?v={{.d}}&w=1',
    );
    fc.assert(
      fc.property(place, fc.array(piece, { maxLength: 9 }), (template, pieces) => {
        const got = url(template, pieces.join(''));
        if (typeof got !== 'string') return;
        const seen = new URL(got);
        expect([seen.origin, seen.username, seen.hash]).toEqual(['http://h.example:81', '', '']);
        expect(decodeURIComponent(seen.pathname.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))).not.toMatch(/(^|[/\\])\.\.($|[/\\])/);
        expect(seen.pathname.startsWith('/up/')).toBe(true);
        if (template.includes('w=1')) expect(seen.searchParams.getAll('w')).toEqual(['1']);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('rendered headers', () => {
  const header = (value: unknown, configured: object = { 'X-Id': '{{.d}}' }) => vetted('headers', 'headers', configured, value);

  // @covers issue:13#1
  it.each(['a\r\nX-Admin: 1', 'a\nb', 'a\rb', 'a\0', 'a\u0085b', '\u007f'])('%j is refused as a value', (v) => {
    expect(header({ 'X-Id': v })).toEqual(refusal('headers/X-Id'));
  });

  it.each(['dev 1', 'a\tb', 'Grüße', '', '"q"'])('%j passes as a value', (v) => {
    expect(header({ 'X-Id': v })).toEqual({ 'X-Id': v });
  });

  it('are refused beyond 8192 bytes', () => {
    expect(header({ 'X-Id': 'x'.repeat(8193) })).toEqual(refusal('longer than 8192 bytes'));
    expect(header({ 'X-Id': 'x'.repeat(8192) })).toEqual({ 'X-Id': 'x'.repeat(8192) });
  });

  it('have the names that the owner wrote and no others', () => {
    expect(header({ 'X-Id': 'a', Authorization: 'x' })).toEqual(refusal('no header of this action'));
    expect(header('X-Id: a')).toEqual(refusal('no set of headers'));
  });

  it.each(['Host', 'content-length', 'Transfer-Encoding', 'Connection', 'Upgrade', 'TE', 'Trailer', 'Expect', 'Proxy-Authorization'])(
    'a rule with a template in %s is refused',
    (name) => {
      expect(() => createVetting([spec('headers', 'headers')], { headers: { [name]: '{{.d}}' } })).toThrow(
        `${name} may not hold a template`,
      );
      expect(() => createVetting([spec('headers', 'headers')], { headers: { [name]: 'constant', a: '{{.d}}' } })).not.toThrow();
    },
  );

  it('a rule with a template in a name is refused', () => {
    expect(() => createVetting([spec('headers', 'headers')], { headers: { 'X-{{.d}}': '{{.d}}' } })).toThrow('may not hold a template');
  });
});

describe('a rendered MQTT topic', () => {
  const topic = (value: unknown, template = 'devices/{{.d}}/up') => vetted('topic', 'mqtt-topic', template, value);

  // @covers issue:13#1
  it.each([
    ['', 'is empty'],
    ['devices/#/up', 'holds # or +'],
    ['devices/+/up', 'holds # or +'],
    ['$SYS/broker/load', 'begins with $'],
    ['$share/g/t', 'begins with $'],
    ['a\0b', 'control character'],
    ['a\nb', 'control character'],
    ['a\u0080b', 'control character'],
    ['a\ufffeb', 'control character'],
    ['a\u{1fffe}b', 'control character'],
    ['a\ufdd0b', 'control character'],
    ['a\udc00b', 'half of a character'],
    [{}, 'is not text'],
  ])('%j is refused', (value, why) => {
    expect(topic(value)).toEqual(refusal(why));
  });

  it.each(['devices/7/up', 'devices/a/b/up', '/devices', 'Grüße 🌡', 'a$b/$SYS'])('%j passes', (value) => {
    expect(topic(value)).toBe(value);
  });

  it('is refused beyond 65535 bytes or 200 levels', () => {
    for (const [v, why] of [
      ['x'.repeat(65_536), 'longer than 65535 bytes'],
      ['ü'.repeat(32_768), 'longer than 65535 bytes'],
      ['/'.repeat(200), 'more than 200 levels'],
    ] as const)
      expect(topic(v)).toEqual(refusal(why));
  });

  it('passes up to these bounds', () => {
    for (const v of ['x'.repeat(65_535), '/'.repeat(199)]) expect(topic(v)).toBe(v);
  });

  it('may begin with $ when the owner wrote that', () => {
    expect(topic('$aws/things/7', '$aws/things/{{.d}}')).toBe('$aws/things/7');
  });
});

describe('other rendered values', () => {
  test.each([
    ['user properties', 'user-properties', { k: '{{.d}}' }, { k: 'a\nb' }],
    ['user properties', 'user-properties', { k: '{{.d}}' }, { k: 'a', other: 'b' }],
    ['user properties', 'user-properties', { k: '{{.d}}' }, 'k'],
    ['memory topic', 'memory-topic', '{{.d}}', 'a/+'],
    ['memory topic', 'memory-topic', '{{.d}}', ''],
    ['memory topic', 'memory-topic', '{{.d}}', 'a\0'],
    ['method', 'http-method', '{{.d}}', 'TRACE'],
    ['method', 'http-method', '{{.d}}', 'get / HTTP/1.1\r\n'],
    ['method', 'http-method', '{{.d}}', 'constructor'],
    ['body type', 'body-type', '{{.d}}', '__proto__'],
    ['form fields', 'form-fields', { k: '{{.d}}' }, { k: 'a', other: 'b' }],
    ['form fields', 'form-fields', { k: '{{.d}}' }, ['a']],
    ['table', 'table-name', '{{.d}}', 't; DROP TABLE x'],
    ['table', 'table-name', '{{.d}}', 't" --'],
    ['table', 'table-name', '{{.d}}', 'sqlite_sequence'],
    ['table', 'table-name', '{{.d}}', 'SQLITE_master'],
    ['table', 'table-name', '{{.d}}', 'main.t'],
    ['table', 'table-name', '{{.d}}', ''],
    ['unit', 'modbus-unit', '{{.d}}', '256'],
    ['unit', 'modbus-unit', '{{.d}}', '-1'],
    ['unit', 'modbus-unit', '{{.d}}', '1e1'],
    ['unit', 'modbus-unit', '{{.d}}', ''],
    ['unit', 'modbus-unit', '{{.d}}', '٣'],
  ] as const)('a %s (%s) %j refuses %j', (_name, kind, template, value) => {
    expect(vetted('p', kind, template, value)).toEqual(refusal());
  });

  it('names and values that are too long are refused', () => {
    expect(vetted('p', 'user-properties', { k: '{{.d}}' }, { k: 'x'.repeat(65_536) })).toEqual(refusal('longer than 65535'));
    expect(vetted('p', 'memory-topic', '{{.d}}', 'x'.repeat(65_536))).toEqual(refusal('longer than 65535'));
    expect(vetted('p', 'table-name', '{{.d}}', 'x'.repeat(129))).toEqual(refusal('longer than 128'));
    expect(vetted('p', 'table-name', '{{.d}}', 'x'.repeat(128))).toBe('x'.repeat(128));
  });

  it('a unit on a serial line is one device: no broadcast, nothing that is kept back', () => {
    const unit = (value: string, protocol: string) => vetted('unit', 'modbus-unit', '{{.d}}', value, { protocol });
    for (const protocol of ['rtu', 'ascii', 'rtu-over-tcp', 'RTU']) {
      expect(unit('0', protocol)).toEqual(refusal('broadcast'));
      expect(unit('00', protocol)).toEqual(refusal('broadcast'));
      expect(unit('248', protocol)).toEqual(refusal('1 to 247'));
      expect(unit('247', protocol)).toBe('247');
    }
    expect([unit('0', 'tcp'), unit('255', 'tcp')]).toEqual(['0', '255']);
  });

  it('a flag is true for "true" only', () => {
    const flag = (value: unknown) => vetted('retained', 'flag', '{{.d}}', value);
    expect(['true', true, 'TRUE', '1', 'yes', '', '<no value>', {}].map(flag)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('a template that could not be filled in never counts as its own text', () => {
    const vet = createVetting([spec('topic', 'mqtt-topic')], { Topic: 'out/{{.d}}' });
    expect(() => vet(undefined)).toThrow('could not be filled in');
    expect(vet({ topic: 'out/1' })).toEqual({ topic: 'out/1' });
  });

  it('a constant of the owner holds against a value that still lies in a queue', () => {
    expect(createVetting([spec('topic', 'mqtt-topic')], { topic: 'out' })({ topic: 'elsewhere' })).toEqual({});
  });

  it('the other destination that the owner named for late rows is taken as it is', () => {
    const vet = createVetting([spec('url', 'url')], { url: 'http://h.example/{{.d}}' });
    expect(vet({ url: 'http://late.example/', resendDestination: 'http://late.example/' })).toEqual({ url: 'http://late.example/' });
    expect(() => vet({ url: 'http://evil.example/', resendDestination: 'http://late.example/' })).toThrow('does not begin with');
  });
});

describe('a value in templateSql', () => {
  const sql = (template: string, d: Value) => {
    try {
      return engine.compile(template, printSql)({ d });
    } catch (error) {
      return { refused: (error as { code: string }).code };
    }
  };

  // @covers issue:13#1
  it.each([
    ['WHERE id >= {{.d}}', 5, 'WHERE id >= 5'],
    ['WHERE id >= {{.d}}', 9007199254740993n, 'WHERE id >= 9007199254740993'],
    ['WHERE id >= {{.d}}', '0 UNION SELECT sql FROM sqlite_master', "WHERE id >= '0 UNION SELECT sql FROM sqlite_master'"],
    ['WHERE id >= {{.d}}', "0'; --", "WHERE id >= '0''; --'"],
    ["WHERE n = '{{.d}}'", "x' OR '1'='1", "WHERE n = 'x'' OR ''1''=''1'"],
    ["WHERE n = '{{.d}}' AND m = '{{.d}}'", "'", "WHERE n = '''' AND m = ''''"],
    ["WHERE n = 'it''s {{.d}}'", "'", "WHERE n = 'it''s '''"],
    ['WHERE ok = {{.d}}', true, 'WHERE ok = 1'],
    ['WHERE v > -{{.d}}', -5, 'WHERE v > - -5'],
    ['WHERE v = {{.d}}', null, 'WHERE v = NULL'],
    ['SELECT "{{.d}}" FROM t', 'col_1', 'SELECT "col_1" FROM t'],
    ["/* ' */ WHERE v = {{.d}}", "a'b", "/* ' */ WHERE v = 'a''b'"],
    ["-- it's\nWHERE v = {{.d}}", 'a', "-- it's\nWHERE v = 'a'"],
  ])('%s with %s is %s', (template, value, expected) => {
    expect(sql(template, value)).toBe(expected);
  });

  it.each([
    ['SELECT "{{.d}}" FROM t', 'a" FROM secrets --'],
    ['SELECT `{{.d}}` FROM t', '`'],
    ['SELECT [{{.d}}] FROM t', ']'],
    ['SELECT 1 -- {{.d}}', '\nDROP'],
    ['SELECT 1 /* {{.d}} */', '*/ DROP'],
    ['WHERE v = {{.d}}', 'a\0b'],
    ['WHERE v = {{.d}}', Number.NaN],
  ])('%s with %j is refused', (template, value) => {
    expect(sql(template, value)).toEqual({ refused: 'VALUE_REFUSED' });
  });
});

describe('a value in the dataTemplate of a sink that takes rows', () => {
  const json = (template: string, d: Value) => {
    try {
      return JSON.parse(engine.compile(template, printJson)({ d })) as unknown;
    } catch (error) {
      return { refused: (error as { code: string }).code };
    }
  };

  // @covers issue:13#1
  it.each([
    ['{"a":"{{.d}}","b":2}', 'x', { a: 'x', b: 2 }],
    ['{"a":"{{.d}}","b":2}', 'x","valve":true,"z":"', { a: 'x","valve":true,"z":"', b: 2 }],
    ['{"a":"{{.d}}"}', 'line\nbreak\\', { a: 'line\nbreak\\' }],
    ['{"a":{{.d}}}', 5, { a: 5 }],
    ['{"a":{{toJson .d}}}', 'q"q', { a: 'q"q' }],
    ['{"a":"{{.d}}"}', 'already \\"escaped\\"', { a: 'already "escaped"' }],
    ['[{{.d}}]', '1,2', [1, 2]],
    ['{"{{.d}}":1}', 'k":0,"x', { 'k":0,"x': 1 }],
  ])('%s with %j keeps its shape', (template, value, expected) => {
    expect(json(template, value)).toEqual(expected);
  });

  it.each([
    ['{"setpoint":{{.d}}}', '1,"valve":true'],
    ['{"setpoint":{{.d}}}', '1}'],
    ['[{{.d}}]', '1],[2'],
    ['{"a":{"b":{{.d}}}}', '1},"valve":{"c":1'],
  ])('%s with %j is refused', (template, value) => {
    expect(json(template, value)).toEqual({ refused: 'VALUE_REFUSED' });
  });
});
