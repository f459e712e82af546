// `make explain SQL='SELECT …'`: the plan of a statement after each rewrite rule that changed it. Streams that the statement names are
// taken as schemaless, unless --stream 'name(a BIGINT, b FLOAT)' declares them; --off name,name switches rules off.
import { isGatewayError, messageOf } from '../src/base/errors/gateway-error.ts';
import { createFunctionCatalogue } from '../src/functions/index.ts';
import { explain, planRule, type SourceInfo } from '../src/plan/index.ts';
import { parseSelect, parseStatement } from '../src/sql/index.ts';

const args = process.argv.slice(2);
const sources = new Map<string, SourceInfo>();
const disabledRules: string[] = [];
let sql = '';
for (let i = 0; i < args.length; i++) {
  const arg = args[i]!;
  if (arg === '--stream') declare(args[++i] ?? '');
  else if (arg === '--off') disabledRules.push(...(args[++i] ?? '').split(','));
  else sql = arg;
}

try {
  if (!sql) throw new Error("give a statement: make explain SQL='SELECT a FROM demo WHERE a > 1'");
  const catalog = {
    source: (name: string): SourceInfo => sources.get(name) ?? { name, kind: 'stream' },
    functions: createFunctionCatalogue(),
  };
  planRule(parseSelect(sql), catalog, { sql, disabledRules }, (rule, plan) => {
    console.log(rule === 'build' ? 'plan' : `after ${rule}`);
    console.log(explain(plan), '\n');
  });
} catch (error) {
  console.error(isGatewayError(error) ? `${error.code}: ${error.message}` : messageOf(error));
  process.exitCode = 1;
}

function declare(text: string): void {
  const statement = parseStatement(`CREATE STREAM ${text} WITH (DATASOURCE="x")`);
  if (statement.kind === 'create')
    sources.set(statement.name, { name: statement.name, kind: 'stream', schema: statement.fields.length ? statement.fields : undefined });
}
