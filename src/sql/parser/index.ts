// Entry of the parser: which statement is it? Called through src/sql/index.ts by service (streams, rules) and plan.
import { isGatewayError } from '../../base/errors/gateway-error.ts';
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import type { Expr, SelectField, SelectStatement, Statement } from '../ast.ts';
import { checkDepth } from '../checks/depth.ts';
import { sqlError } from '../diagnostics.ts';
import { suggest } from '../suggest.ts';
import { ddlWords, parseDdl } from './ddl.ts';
import { parseExpr } from './expr.ts';
import { parseField } from './field.ts';
import { Reader } from './reader.ts';
import { atWith, parseSelectStatement } from './select.ts';

/** Reads one statement. What follows its semicolon is ignored, as in eKuiper.
 *  @param dialect whose grammar; that of `standard` has all of eKuiper's and more
 *  @throws GatewayError `SQL_*` with the caret in its message; never anything else, whatever the text */
export function parseStatement(text: string, dialect: SqlCompatibility = 'ekuiper'): Statement {
  return read(text, dialect, (r) => {
    const statement = readStatement(r);
    checkDepth(statement, text);
    return statement;
  });
}

/** A text that only standard SQL can read is refused as eKuiper refuses it, and the hint says where it works. */
function read<T>(text: string, dialect: SqlCompatibility, rule: (r: Reader) => T): T {
  if (dialect === 'standard') return rule(new Reader(text, true));
  try {
    return rule(new Reader(text));
  } catch (error) {
    if (!isGatewayError(error) || error.code === 'SQL_TOO_COMPLEX') throw error;
    const { text: message, start, end, hint } = error.params as { text: string; start: number; end: number; hint?: string };
    if (!isStandard(text, rule)) throw error;
    throw sqlError(error.code, message, text, { start, end }, hint === undefined ? STANDARD_HINT : `${hint}; ${STANDARD_HINT}`);
  }
}

const STANDARD_HINT = 'standard SQL has this: set the option sqlCompatibility of the rule to "standard"';

function isStandard(text: string, rule: (r: Reader) => unknown): boolean {
  try {
    rule(new Reader(text, true));
    return true;
  } catch (error) {
    if (isGatewayError(error)) return false;
    throw error;
  }
}

function readStatement(r: Reader): Statement {
  if (r.peek().type === 'SELECT' || atWith(r)) return parseSelectStatement(r);
  const ddl = ddlWords.find((word) => r.atWord(word));
  if (ddl !== undefined) return parseDdl(r, ddl);
  const meant = suggest(r.peek().text, ['SELECT', ...ddlWords]);
  throw r.error(
    'SQL_SYNTAX',
    `found ${JSON.stringify(r.peek().text)}, expected SELECT or ${ddlWords.join(', ')}.`,
    undefined,
    meant && `did you mean ${meant}?`,
  );
}

/** Reads the statement of a rule. @throws GatewayError as {@link parseStatement}; `SQL_NOT_SELECT` for any other statement */
export function parseSelect(text: string, dialect: SqlCompatibility = 'ekuiper'): SelectStatement {
  return read(text, dialect, (r) => {
    const start = r.peek();
    if (start.type !== 'SELECT' && !atWith(r)) {
      // A misspelt SELECT is worth the hint; eKuiper's text names the whole statement.
      const meant = start.type === 'name' ? suggest(start.text, ['SELECT']) : undefined;
      throw sqlError('SQL_NOT_SELECT', `SQL ${text} is not a select statement.`, text, start.span, meant && `did you mean ${meant}?`);
    }
    const statement = parseSelectStatement(r);
    checkDepth(statement, text);
    return statement;
  });
}

/** Reads one expression that fills the whole text (trial, tests, examples of functions). */
export function parseExpression(text: string, dialect: SqlCompatibility = 'ekuiper'): Expr {
  return read(text, dialect, (r) => {
    const expr = parseExpr(r);
    if (r.peek().type !== 'end') r.failFound('expected EOF.');
    checkDepth(expr, text);
    return expr;
  });
}

/** Reads one select field that fills the whole text: `avg(t) AS mean` (function nodes of graph rules). */
export function parseSelectField(text: string, dialect: SqlCompatibility = 'ekuiper'): SelectField {
  return read(text, dialect, (r) => {
    const field = parseField(r);
    if (r.peek().type !== 'end') r.failFound('expected EOF.');
    checkDepth(field.expr, text);
    return field;
  });
}
