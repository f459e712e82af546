// Every rule of the cookbook gives what its page says, in at most 12 lines.
import { describe, expect, it } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import { parseStatement, printStatement } from '../../src/sql/index.ts';
import { withoutSpans } from '../sql/helpers/without-spans.ts';
import { readRecipes, runRecipe } from './recipes.ts';

const recipes = readRecipes();

// @covers issue:20#cookbook
// @covers finding:sql#D
describe('the cookbook', () => {
  it('has at least 60 rules, for seven families of payloads and for machines', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(60);
    const pages = [...new Set(recipes.map((r) => r.page))];
    expect(pages).toEqual([
      'chirpstack.md',
      'frigate.md',
      'machines.md',
      'opendtu-victron.md',
      'shelly.md',
      'sparkplug.md',
      'tasmota.md',
      'zigbee2mqtt.md',
    ]);
    for (const page of pages) expect([page, recipes.filter((r) => r.page === page).length >= 6]).toEqual([page, true]);
    expect(new Set(recipes.map((r) => r.title)).size).toBe(recipes.length);
  });

  it.each(recipes.map((r) => [`${r.page}: ${r.title}`, r] as const))('%s', async (_, recipe) => {
    expect(recipe.sql.split('\n').filter((l) => l.trim() !== '').length).toBeLessThanOrEqual(12);
    expect(recipe.input.length).toBeGreaterThan(1);
    expect(recipe.output.length).toBeGreaterThan(0);
    expect(await runRecipe(recipe)).toEqual(recipe.output);
  });

  it('is written back by the printer and read as the same statements', () => {
    for (const { sql } of recipes) {
      const tree = parseStatement(sql, 'standard');
      expect(withoutSpans(parseStatement(printStatement(tree), 'standard'))).toEqual(withoutSpans(tree));
    }
  });

  it('cannot be said with the grammar of eKuiper in most cases: a rule is accepted or refused, nothing else', () => {
    const refused = recipes.filter(({ sql }) => {
      try {
        parseStatement(sql, 'ekuiper');
        return false;
      } catch (error) {
        if (!isGatewayError(error)) throw error;
        return true;
      }
    });
    expect(refused.length).toBeGreaterThan(30);
  });
});
