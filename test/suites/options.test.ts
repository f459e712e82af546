// Options of all connectors: a bad value is refused with the option's name, a secret value is in no error and in no answer.
import { describe, expect, it } from 'vitest';
import { connectors } from '../../src/connectors/index.ts';
import { maskSecrets, type OptionSpec, parseOptions } from '../../src/contract/props.ts';

const BAD: Partial<Record<OptionSpec['type'], unknown>> = {
  int: 'many',
  float: 'much',
  bool: 'perhaps',
  duration: 'soon',
  'string[]': 7,
  object: 'x',
  map: 'x',
  'object[]': 'x',
};

const all = (await Promise.all(connectors.map(async (entry) => ({ entry, d: await entry.load() })))).flatMap(({ entry, d }) =>
  (['source', 'sink', 'lookup', 'connection'] as const).flatMap((part) =>
    d[part] ? [{ name: `${entry.name} ${part}`, options: d[part].options }] : [],
  ),
);

/** Values that satisfy what is required, so that only the option under test is wrong. */
const good = (options: readonly OptionSpec[]) =>
  Object.fromEntries(
    options.filter((o) => o.required).map((o) => [o.name, o.example ?? o.oneOf?.[0] ?? (o.type === 'int' ? (o.min ?? 1) : 'x')]),
  );

describe.each(all)('options of $name', ({ name, options }) => {
  it('are named once', () => {
    const names = options.flatMap((o) => [o.name, ...(o.aliases ?? [])]).map((n) => n.toLowerCase());
    expect(names.filter((n, i) => names.indexOf(n) !== i)).toEqual([]);
  });

  it('are named when they are wrong', () => {
    for (const o of options) {
      const bad = o.oneOf ? 'no such choice' : BAD[o.type];
      if (bad === undefined || o.dynamic) continue;
      let message = '';
      try {
        parseOptions(name, options, { ...good(options), [o.name]: bad });
      } catch (error) {
        message = (error as Error).message;
      }
      // texts recorded from eKuiper name it in words of their own
      if (o.error) expect(message, o.name).not.toBe('');
      else expect(message, o.name).toContain(o.name);
    }
  });

  it('that are secret are shown nowhere', () => {
    const secret = options.filter((o) => o.secret);
    const value = 'tell-nobody-4711';
    for (const o of secret) {
      const shown = JSON.stringify(maskSecrets({ [o.name]: value }, options));
      expect(shown, o.name).not.toContain(value);
      let message = '';
      try {
        parseOptions(name, [{ ...o, type: 'int' }], { [o.name]: value });
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message, o.name).not.toContain(value);
    }
    // what looks like a secret must be marked as one
    const forgotten = options.filter((o) => /pass(word)?$|secret|token|privateKeyRaw/i.test(o.name) && !o.secret).map((o) => o.name);
    expect(forgotten).toEqual([]);
  });
});
