// The packed plugin for models: the packed file by itself and as an owner installs it. The models and the answers of `mlp` were made by other programs
// (fixtures/onnx-models.json says which).
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Onnx as OnnxFunction } from '../../plugins/packages/onnx/onnx.ts';
import { type Packed, packPlugin } from '../../src/cli/plugin/pack.ts';
import { testFunction } from '../../src/plugin-kit/testing.ts';
import { makePluginRoot, type PluginRoot, TO_FILE, until } from '../plugins/helpers/plugin-root.ts';

const models = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/onnx-models.json'), 'utf8')) as {
  mlp: string;
  two: string;
  expected: [number[], number[]][];
};

describe('a packed model runner', () => {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-onnx-'));
  const etc = join(root, 'etc/functions/onnx');
  let packed: Packed;
  let Onnx: typeof OnnxFunction;
  let p: PluginRoot | undefined;
  const put = (name: string, base64: string, folder = etc) => writeFileSync(join(folder, `${name}.onnx`), Buffer.from(base64, 'base64'));
  const entry = (path: string) => packed.entries.find((e) => e.path === path)!.content;
  beforeAll(async () => {
    packed = await packPlugin('plugins/packages/onnx');
    mkdirSync(etc, { recursive: true });
    writeFileSync(join(etc, 'ort.wasm'), entry('etc/ort.wasm'));
    put('mlp', models.mlp);
    put('two', models.two);
    const file = join(root, packed.file);
    writeFileSync(file, entry(packed.file));
    ({ Onnx } = (await import(pathToFileURL(file).href)) as { Onnx: typeof OnnxFunction });
  }, 60_000);
  afterAll(async () => {
    await p?.close();
    rmSync(root, { recursive: true, force: true });
  });

  // @covers issue:15#4
  test('it answers as the runtime of Python does, for values one by one, in a list and by input', () => {
    const f = testFunction(Onnx, { rootPath: root });
    for (const [x, y] of models.expected) {
      const answers = [f.exec('mlp', ...x), f.exec('mlp', x), f.exec('mlp', { x: [x] })] as number[][];
      for (const a of answers) {
        expect(a).toHaveLength(3);
        a.forEach((v, i) => void expect(v).toBeCloseTo(y[i]!, 5));
      }
    }
    // the open dimension takes what is left: two rows at once
    expect(f.exec('mlp', [...models.expected[0]![0], ...models.expected[1]![0]])).toHaveLength(6);
    expect(f.exec('two', { a: [1, 2n ** 60n], b: [10, 1] })).toEqual({ sum: [11n, 2n ** 60n + 1n], largest: 2n ** 60n + 1n });
    expect(f.exec('mlp', 1, null, 3, 4)).toBe(null);
  });

  test('a model that is replaced is in effect a second later, and a broken one says so', async () => {
    const f = testFunction(Onnx, { rootPath: root });
    put('swap', models.mlp);
    expect(f.exec('swap', 0, 0, 0, 0)).toHaveLength(3);
    put('swap', models.two);
    utimesSync(join(etc, 'swap.onnx'), 2_000, 2_000);
    await until('the new model', () => {
      try {
        f.exec('swap', 0, 0, 0, 0);
        return false;
      } catch (error) {
        return (error as Error).message.includes('has the inputs a, b');
      }
    });
    put('broken', Buffer.from('no model').toString('base64'));
    expect(() => f.exec('broken', 1)).toThrow('etc/functions/onnx/broken.onnx is not a model that can run here');
    // the thread goes on
    expect(f.exec('mlp', 0, 0, 0, 0)).toHaveLength(3);
  });

  test.each([
    [['gone', 1], 'there is no model etc/functions/onnx/gone.onnx'],
    [['../../secrets', 1], 'is not a name of a model'],
    [[7, 1], 'the first argument is the name of a model'],
    [['mlp', 1, 2, 3], 'input "x" of model mlp takes batch × 4, but 3 values were given'],
    [['mlp', 'a', 2, 3, 4], 'input "x" takes numbers, not "a"'],
    [['mlp', { y: [1, 2, 3, 4] }], 'model mlp has no input "y", but x'],
    [['two', { a: [1, 2] }], 'model two needs its input "b"'],
    [['two', { a: [1.5, 2], b: [1, 2] }], 'input "a" takes whole numbers, not 1.5'],
    [['two', 1, 2], 'has the inputs a, b: give an object'],
  ])('%j is refused', (args, text) => {
    const f = testFunction(Onnx, { rootPath: root });
    expect(() => f.exec(...(args as string[]))).toThrow(text);
  });

  test.each([
    [{ 'ort.wasm': 'onnxruntime-web/ort-wasm-simd-threaded.wasm' }, 'runtime files lie below etc/'],
    [{ 'etc/../../ort.wasm': 'onnxruntime-web/ort-wasm-simd-threaded.wasm' }, 'runtime files lie below etc/'],
    [{ 'etc/x.wasm': 'not-a-package/x.wasm' }, 'run npm install in the plugin'],
  ])('pack refuses the runtime files %j', async (files, text) => {
    const folder = mkdtempSync(join(root, 'plugin-'));
    writeFileSync(join(folder, 'twice.js'), 'exports.Twice = { exec: ([x]) => x * 2 };\n');
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ version: '1.0.0', kuiper: { plugin: 'twice.js', kind: 'function', files } }),
    );
    await expect(packPlugin(folder)).rejects.toThrow(text);
  });

  // @covers issue:15#4
  test('installed from its archive it runs in the containment that every plugin gets', async () => {
    expect(entry('THIRD-PARTY-LICENSES.txt').toString()).toContain('onnxruntime-web 1.30.0');
    p = makePluginRoot();
    p.put('sinks', 'toFile.ts', TO_FILE);
    await p.start();
    const zip = join(root, 'onnx.zip');
    writeFileSync(zip, packed.zip);
    const { status, text } = await p.daemon.call('POST', '/plugins/functions', { name: 'onnx', file: pathToFileURL(zip).href });
    expect(text).toContain('onnx');
    expect(status).toBe(201);
    put('mlp', models.mlp, join(p.root, 'etc/functions/onnx'));
    await p.daemon.call('PUT', '/metadata/sources/simulator/confKeys/rows', { data: [{ a: 1, b: 2 }], interval: 100, loop: true });
    await p.stream('values', 'simulator', ', CONF_KEY="rows"');
    await p.rule('model', 'SELECT onnx("mlp", a, b, 3, 4) AS y FROM values', [{ toFile: {} }]);
    await until('rows', () => p!.lines().length > 1);
    (p.lines()[0].y as number[]).forEach((v, i) => void expect(v).toBeCloseTo(models.expected[1]![1][i]!, 5));
  }, 60_000);
});
