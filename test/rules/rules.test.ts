// Every .rule file below this folder, four ways each. `make rule FILE=test/rules/select/alias.rule` runs one.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { startRule } from '../helpers/program.ts';
import { parseRuleFile, runRuleFile, waysToRun } from '../helpers/rule-file.ts';

const root = import.meta.dirname;
const only = process.env['RULE_FILE'];
const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((f) => f.endsWith('.rule'))
  .map((f) => join(root, f))
  .filter((f) => only === undefined || f.endsWith(only))
  .sort();

describe.each(files.map((f) => relative(root, f)))('%s', (name) => {
  const file = parseRuleFile(readFileSync(join(root, name), 'utf8'));
  if (file.error !== undefined) {
    it('is refused with place and hint', () => {
      let message = '';
      try {
        startRule(file.sql, { sources: file.sources, ...file.options });
      } catch (error) {
        message = messageOf(error);
      }
      expect(message).toBe(file.error);
    });
    return;
  }
  it.each(waysToRun)('$name', async (way) => {
    expect(await runRuleFile(file, way)).toEqual(file.output);
  });
});
