// A profile as a flame graph: times add up, idle time is left out, names cannot break the page.
import { describe, expect, it } from 'vitest';
import { type CpuProfile, flameHtml, framesOf, tableOf } from '../../bench/flame.ts';

const node = (id: number, functionName: string, children: number[] = [], url = '') => ({
  id,
  callFrame: { functionName, url, lineNumber: 6 },
  children,
});
const profile: CpuProfile = {
  nodes: [
    node(1, '(root)', [2, 3, 5]),
    node(2, '(idle)'),
    node(3, 'decode', [4], 'file:///x/src/codecs/json/decode.ts'),
    node(4, 'parse<b>'),
    node(5, '', [], 'file:///x/node_modules/mqtt/a.js'),
  ],
  samples: [2, 3, 4, 4, 5],
  timeDeltas: [9000, 100, 200, 300, 400],
};

describe('a CPU profile', () => {
  it('becomes a tree of calls without idle time, in which times add up', () => {
    const root = framesOf(profile);
    expect(root.totalUs).toBe(1000);
    expect(root.children.map((c) => [c.name, c.selfUs, c.totalUs])).toEqual([
      ['decode src/codecs/json/decode.ts:7', 100, 600],
      ['(anonymous) node_modules/mqtt/a.js:7', 400, 400],
    ]);
  });

  it('becomes a table by own time', () => {
    expect(tableOf(profile, 2)).toEqual([' 50.0 %  parse<b>', ' 40.0 %  (anonymous) node_modules/mqtt/a.js:7']);
  });

  it('becomes one page, in which names are text', () => {
    const html = flameHtml(profile, 'a & b');
    expect(html).toContain('<title>a &#38; b</title>');
    expect(html).toContain('parse&#60;b&#62; — 50.0 %, itself 50.0 %');
    expect(html).not.toContain('<b>');
    expect(html).toContain('left:60.000%;width:40.000%;top:18px');
    expect(html).toContain('1 ms of CPU time');
  });
});
