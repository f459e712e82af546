// A lookup table is checked against the options of the lookup, not against those of a source of its type.
import { describe, expect, it } from 'vitest';
import sql from '../../../src/connectors/sql/index.ts';
import type { ConnectorEntry } from '../../../src/contract/index.ts';
import { harness } from '../harness.ts';

// @covers finding:sql#B6
describe('CREATE TABLE … TYPE="sql", KIND="lookup"', () => {
  const entry: ConnectorEntry = { name: 'sql', offers: ['source', 'sink', 'lookup'], load: async () => sql };
  const spec = (props: Record<string, unknown>, kind: 'lookup-table' | 'stream' = 'lookup-table') => ({
    name: 'dev',
    kind,
    type: 'sql',
    datasource: 'dev',
    format: 'json',
    props,
  });

  it('asks for the address and the options of the lookup only', async () => {
    const h = harness({ connectors: [entry] });
    await expect(h.runtime.validateSource(spec({ dburl: 'sqlite:data/x.db', lookup: { cache: true, cacheTtl: '10s' } }))).resolves.toEqual(
      [],
    );
    await expect(h.runtime.validateSource(spec({ lookup: {} }))).rejects.toThrow('dburl should be defined');
    await expect(h.runtime.validateSource(spec({ dburl: 'sqlite:data/x.db' }, 'stream'))).rejects.toThrow('interval should be defined');
    await h.close();
  });
});
