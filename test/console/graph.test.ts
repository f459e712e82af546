// The graph of a rule as the editor holds it: places from left to right, edits that keep the way of the data whole.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addNode,
  connect,
  disconnect,
  edgesOf,
  emptyGraph,
  type Graph,
  type GraphNode,
  graphOf,
  layOut,
  mayFollow,
  removeNode,
  renameNode,
  setProps,
} from '../../src/console/logic/graph.ts';

const source: GraphNode = { type: 'source', nodeType: 'mqtt', props: {} };
const filter: GraphNode = { type: 'operator', nodeType: 'filter', props: { expr: 'a > 1' } };
const sink: GraphNode = { type: 'sink', nodeType: 'log', props: {} };
const line = (): Graph => graphOf({ nodes: { s: source, f: filter, k: sink }, topo: { sources: ['s'], edges: { s: ['f'], f: ['k'] } } });
const plain = (graph: Graph): unknown => JSON.parse(JSON.stringify(graph));
const edges = (graph: Graph) => edgesOf(graph).map((e) => `${e.from}${e.way === undefined ? '' : e.way}>${e.to}`);

// @covers issue:23#1
describe('a graph in the editor', () => {
  test('nodes stand from left to right by the way of the data, and a circle does not hang', () => {
    expect(layOut(line()).places.map((p) => [p.name, p.column, p.row])).toEqual([
      ['s', 0, 0],
      ['f', 1, 0],
      ['k', 2, 0],
    ]);
    const round = connect(line(), 'k', 's', undefined);
    expect(layOut(round).places).toHaveLength(3);
  });

  test('a node that is added comes between; one that is removed leaves its neighbours joined', () => {
    const { graph, name } = addNode(line(), 'filter', filter, 's');
    expect(name).toBe('filter');
    expect(edges(graph).sort()).toEqual(['f>k', 'filter>f', 's>filter']);
    expect(edges(removeNode(graph, 'filter')).sort()).toEqual(['f>k', 's>f']);
    expect(edges(removeNode(line(), 'k'))).toEqual(['s>f']);
    const twice = addNode(addNode(line(), 'f', filter, 's').graph, 'f', filter, 's');
    expect(twice.name).toBe('f_3');
  });

  test('a sink that is added stands beside the others; a source is among the sources', () => {
    expect(edges(addNode(line(), 'log', sink, 'f').graph).sort()).toEqual(['f>k', 'f>log', 's>f']);
    expect(addNode(line(), 'two', source, 'f').graph.topo.sources).toEqual(['s', 'two']);
  });

  test('a new name goes everywhere, and one that is taken nowhere', () => {
    const renamed = renameNode(line(), 's', 'press');
    expect([renamed.topo.sources, edges(renamed).sort()]).toEqual([['press'], ['f>k', 'press>f']]);
    const same = line();
    expect(renameNode(same, 's', 'f')).toBe(same);
  });

  test('ways of a switch are lists, and each edge is cut by itself', () => {
    let graph = graphOf({
      nodes: { s: source, w: { type: 'operator', nodeType: 'switch', props: { cases: ['a', 'b'] } }, k: sink, l: sink },
      topo: { sources: ['s'], edges: { s: ['w'] } },
    });
    graph = connect(connect(connect(graph, 'w', 'k', 0), 'w', 'l', 1), 'w', 'k', 1);
    expect(graph.topo.edges['w']).toEqual([['k'], ['l', 'k']]);
    expect(disconnect(graph, { from: 'w', to: 'k', way: 1 }).topo.edges['w']).toEqual([['k'], ['l']]);
    expect(edges(renameNode(graph, 'k', 'x')).filter((e) => e.includes('x'))).toEqual(['w0>x', 'w1>x']);
  });

  test('what would go round in a circle, or into a source, is not offered', () => {
    expect(mayFollow(line(), 'f')).toEqual([]);
    expect(mayFollow(line(), 's')).toEqual(['k']);
  });

  test('what is not touched stays as it is in the rule, whatever its names', () => {
    const names = fc.uniqueArray(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'constructor', 'toString')), {
      minLength: 3,
      maxLength: 6,
    });
    fc.assert(
      fc.property(names, (all) => {
        let graph = emptyGraph();
        let before: string | undefined;
        all.forEach((n, i) => {
          const made = addNode(graph, n, i === 0 ? source : i === all.length - 1 ? sink : filter, before);
          graph = made.graph;
          before = made.name;
        });
        expect(Object.keys(graph.nodes)).toHaveLength(all.length);
        expect(edgesOf(graph)).toHaveLength(all.length - 1);
        expect(plain(graphOf(plain(graph)))).toEqual(plain(graph));
        const changed = setProps(graph, all[1]!, { expr: 'b' });
        expect(plain(setProps(changed, all[1]!, graph.nodes[all[1]!]!.props))).toEqual(plain(graph));
        expect(layOut(graph).columns).toBe(all.length);
      }),
    );
  });
});
