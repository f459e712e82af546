// The catalogue: what is in it, and how names are looked up.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineScalar, type FunctionCatalogue } from '../../src/contract/function.ts';
import { builtinFunctions, createFunctionCatalogue } from '../../src/functions/index.ts';

const specFile = join(import.meta.dirname, '../../docs/spec/functions.json');

/** Not functions of the catalogue: the compiler reads metadata itself, windows are grammar. */
const IN_THE_LANGUAGE = ['meta', 'mqtt'];

const plugin = defineScalar({
  name: 'Abs',
  group: 'plugin',
  params: [],
  pure: true,
  nulls: 'pass',
  returns: 'bigint',
  doc: '',
  examples: [],
  exec: () => 1n,
});

describe('function catalogue', () => {
  it('has every built-in function of the specification', () => {
    const spec = JSON.parse(readFileSync(specFile, 'utf8')) as { functions: { name: string; status: string }[] };
    const catalogue = createFunctionCatalogue();
    const missing = spec.functions.filter((f) => f.status !== 'plugin' && !IN_THE_LANGUAGE.includes(f.name) && !catalogue.get(f.name));
    expect(missing.map((f) => f.name)).toEqual([]);
  });

  it('finds built-in names in any letter case, also aliases', () => {
    const catalogue = createFunctionCatalogue();
    expect(catalogue.get('ABS')?.name).toBe('abs');
    expect(catalogue.get('Ceil')?.name).toBe('ceiling');
    expect(catalogue.get('nope')).toBe(undefined);
    expect(catalogue.get('constructor')).toBe(undefined);
  });

  it('asks plugins after the built-in names, case-sensitively, at each look-up', () => {
    const plugins = new Map([['myFunc', plugin]]);
    const extra: FunctionCatalogue = { get: (name) => plugins.get(name), names: () => [...plugins.keys()] };
    const catalogue = createFunctionCatalogue(extra);
    expect(catalogue.get('myFunc')).toBe(plugin);
    expect(catalogue.get('myfunc')).toBe(undefined);
    plugins.set('abs', plugin);
    expect(catalogue.get('abs')?.name).toBe('abs');
    plugins.delete('myFunc');
    expect(catalogue.get('myFunc')).toBe(undefined);
    expect(catalogue.names()).toContain('abs');
  });

  it('every definition is whole: lower-case name, text, examples', () => {
    for (const d of builtinFunctions()) {
      expect(d.name).toBe(d.name.toLowerCase());
      expect(d.doc.length, d.name).toBeGreaterThan(5);
      expect(d.examples.length, d.name).toBeGreaterThan(0);
      if (d.kind === 'scalar') expect(Boolean(d.exec) !== Boolean(d.compile), d.name).toBe(true);
    }
  });

  it('every function that can fail shows an error among its examples', () => {
    const cannotFail = ['pi', 'rand', 'is_number', 'typeof'];
    const groups = ['math', 'string', 'hash', 'json', 'transform', 'other'];
    const without = builtinFunctions().filter(
      (d) => groups.includes(d.group) && !d.examples.some(([, v]) => typeof v === 'object' && v !== null && 'error' in v),
    );
    expect(without.map((d) => d.name).filter((name) => !cannotFail.includes(name))).toEqual([]);
  });
});
