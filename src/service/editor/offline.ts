// The editor without a gateway: built-in functions, formats and connectors of this program, streams that files make, and every other stream taken
// as one that exists without declared columns. For `kuiper sql` in CI and for the language server. Plugins are not known here.
import { createMemoryLog } from '../../base/log.ts';
import { codecs } from '../../codecs/index.ts';
import { connectors } from '../../connectors/index.ts';
import { createFunctionCatalogue } from '../../functions/index.ts';
import { defaultRuleOptions } from '../../runtime/index.ts';
import { splitStatements } from '../../sql/format/index.ts';
import { parseStatement } from '../../sql/index.ts';
import { type PlanningDeps, planningLoader } from '../rules/planning.ts';
import { definitionOf, type SourceDefinition } from '../streams/definition.ts';
import { createEditor, type Editor } from './index.ts';

export interface OfflineEditor extends Editor {
  /** Takes the streams and tables that a text makes; what cannot be read is left out. @param from name of the text; its former ones go */
  learn(from: string, text: string): void;
}

export function createOfflineEditor(timeZone = 'UTC'): OfflineEditor {
  const learnt = new Map<string, readonly SourceDefinition[]>();
  const catalogue = createFunctionCatalogue();
  const functions = async () => catalogue;
  const { log } = createMemoryLog();
  const sources = (): SourceDefinition[] => [...new Map([...learnt.values()].flat().map((d) => [d.name, d])).values()];
  // statements are planned and never run: no connector is asked for anything
  const nothing = { find: () => undefined, list: () => ({}), stored: () => [] } as unknown as PlanningDeps['confKeys'];
  const editor = createEditor({
    functions,
    sources,
    lastRows: () => [],
    columnsRead: () => [],
    planning: (local) =>
      planningLoader(
        {
          log,
          findStream: (name) => local.get(name) ?? sources().find((s) => s.name === name) ?? assumed(name),
          streamNames: () => [...local.keys(), ...sources().map((s) => s.name)],
          confKeys: nothing,
          connections: { props: () => ({}) },
          resolve: (value) => value,
          settings: () => ({ timeZone, ignoreCase: false, sqlCompatibility: 'standard', ruleDefaults: defaultRuleOptions() }),
        },
        functions,
      )(),
    formats: () => codecs.map((c) => c.name),
    sourceTypes: () => connectors.filter((c) => c.offers.some((o) => o !== 'sink')).map((c) => c.name),
    timeZone: () => timeZone,
  });
  return {
    ...editor,
    learn(from, text) {
      const found: SourceDefinition[] = [];
      for (const part of splitStatements(text)) {
        try {
          const statement = parseStatement(part.text);
          if (statement.kind === 'create') found.push(definitionOf(part.text, statement));
        } catch {
          // it is being typed, or wrong: the linter says so where it stands
        }
      }
      if (found.length > 0) learnt.set(from, found);
      else learnt.delete(from);
    },
  };
}

function assumed(name: string): SourceDefinition | undefined {
  const sql = `CREATE STREAM \`${name}\` () WITH (DATASOURCE="assumed")`;
  if (!/^[\w-]+$/.test(name)) return undefined;
  const statement = parseStatement(sql);
  return statement.kind === 'create' ? definitionOf(sql, statement) : undefined;
}
