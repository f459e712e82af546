// Options that hold secrets: what connectors declare and what is masked by name everywhere (rules, exports, logs) must agree.
import { expect, test } from 'vitest';
import { isSecretName } from '../../src/base/secrets.ts';
import { connectors } from '../../src/connectors/index.ts';
import type { OptionSpec } from '../../src/contract/props.ts';

test.for(connectors.map((c) => [c.name, c] as const))('%s: secrets are declared, and masked by their names', async ([, entry]) => {
  const loaded = await entry.load();
  const specs: readonly OptionSpec[] = [loaded.source, loaded.sink, loaded.lookup, loaded.connection].flatMap((d) => d?.options ?? []);
  for (const spec of specs)
    for (const name of [spec.name, ...(spec.aliases ?? [])]) expect([name, isSecretName(name)]).toEqual([name, spec.secret === true]);
});
