// Statements and rules that people published (outside data, see docs/external-data.md): the parser takes each one, or refuses it with a
// position. How many eKuiper accepts is not known here; that the parser never breaks and refuses few is.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { externalData } from '../helpers/external-data.ts';

const file = externalData('statements.json');

it.runIf(file !== undefined)(
  'at least 95 % of the public statements and rules are parsed, the others are refused with an error of ours',
  () => {
    const { S, R } = JSON.parse(readFileSync(file!, 'utf8')) as { S: [string, string][]; R: [string, { sql: string }][] };
    const all = [...S.map(([, sql]) => sql), ...R.map(([, rule]) => rule.sql)].filter((sql) => typeof sql === 'string');
    const refused: string[] = [];
    for (const sql of all)
      try {
        parseStatement(sql);
      } catch (error) {
        if (!isGatewayError(error)) throw error;
        refused.push(`${sql}\n${error.message}`);
      }
    expect(all.length).toBeGreaterThan(0);
    expect(refused.length / all.length, refused.join('\n\n')).toBeLessThanOrEqual(0.05);
  },
);
