// Lookup table redis: DATASOURCE is the number of the database, the one key of the join condition the key.
import { rowError } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import { createJsonDecoder } from '../../codecs/json/decode.ts';
import { parseOptions } from '../../contract/props.ts';
import type { LookupSource } from '../../contract/source.ts';
import type { Row } from '../../data/value.ts';
import { connectRedis, type RedisConnection } from './connect.ts';
import { lookupOptions, type RedisConnectionProps } from './options.ts';

export function createRedisLookup(): LookupSource {
  let props: RedisConnectionProps & { dataType: 'string' | 'list' | 'hash' };
  let connection: RedisConnection | undefined;
  const decoder = createJsonDecoder({});
  const rowOf = (text: string): Row => {
    const row = decoder.decode(Buffer.from(text));
    if (Array.isArray(row)) throw rowError('redis lookup: the value is a list, not a JSON object', 'DECODE_FAILED');
    return row;
  };
  return {
    configure(datasource, raw) {
      props = parseOptions('redis lookup', lookupOptions, raw);
      if (!/^\d+$/.test(datasource)) throw new Error(`datasource ${datasource} is invalid`);
      const db = Number(datasource);
      if (db > 15) throw new Error('redis lookup source db should be in range 0-15');
      props = { ...props, db };
    },
    async open(ctx) {
      connection = await connectRedis(ctx, props);
    },
    async lookup(_ctx, fields, keys, values) {
      if (keys.length !== 1) throw rowError(`redis lookup only support one key, but got [${keys.join(' ')}]`);
      const key = typeof values[0] === 'object' ? shownValue(values[0]) : String(values[0]);
      const rows = await read(key);
      return fields.length === 0
        ? rows
        : rows.map((r) => Object.fromEntries(fields.filter((f) => r[f] !== undefined).map((f) => [f, r[f]])));
    },
    close() {
      connection?.close();
      connection = undefined;
    },
  };

  async function read(key: string): Promise<Row[]> {
    switch (props.dataType) {
      case 'string': {
        const text = await connection!.command('GET', key);
        return text === null ? [] : [rowOf(String(text))];
      }
      case 'list':
        return ((await connection!.command('LRANGE', key, '0', '-1')) as string[]).map(rowOf);
      case 'hash': {
        const flat = (await connection!.command('HGETALL', key)) as string[];
        if (flat.length === 0) return [];
        const row: Row = {};
        for (let i = 0; i + 1 < flat.length; i += 2) row[flat[i]!] = flat[i + 1]!;
        return [row];
      }
    }
  }
}
