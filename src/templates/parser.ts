// Go text/template grammar: nodes, pipelines, terms. Function names are checked here, so that a typing error is refused when the rule is made.
import type { Command, Operand, Pipeline, TemplateNode, TemplateTree, Term } from './ast.ts';
import { lexTemplate, type TemplateToken, templateError } from './lexer.ts';

const MAX_DEPTH = 100;

/** @param isFunction names that may be called  @throws GatewayError TEMPLATE_SYNTAX with line and problem */
export function parseTemplate(source: string, isFunction: (name: string) => boolean): TemplateTree {
  const tokens = lexTemplate(source);
  const defined = new Map<string, readonly TemplateNode[]>();
  let at = 0;
  let depth = 0;
  const scopes: string[][] = [['']];

  const lineNow = () => tokens[Math.min(at, tokens.length - 1)]?.line ?? 1;
  const fail = (problem: string): never => {
    throw templateError(lineNow(), problem);
  };
  const peek = (): TemplateToken | undefined => tokens[at];
  const skipSpace = () => {
    while (tokens[at]?.kind === 'space') at++;
  };
  const expect = (kind: TemplateToken['kind'], what: string): TemplateToken => {
    skipSpace();
    const t = tokens[at];
    if (t?.kind !== kind) return fail(`expected ${what}, found ${t ? JSON.stringify(t.text) : 'the end'}`);
    at++;
    return t;
  };

  /** Parses nodes until `end` or `else` (which is left to the caller). */
  function nodes(inRange: boolean, top: boolean): TemplateNode[] {
    if (++depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH}`);
    const out: TemplateNode[] = [];
    while (at < tokens.length) {
      const t = tokens[at]!;
      if (t.kind === 'text') {
        out.push({ kind: 'text', text: t.text });
        at++;
        continue;
      }
      const start = at;
      at++;
      skipSpace();
      const word = peek();
      if (word?.kind === 'ident') {
        if (word.text === 'end' || word.text === 'else') {
          if (top) fail(`unexpected {{${word.text}}}`);
          at = start;
          depth--;
          return out;
        }
        const node = keyword(word.text, inRange, top);
        if (node !== undefined) {
          if (node) out.push(node);
          continue;
        }
      }
      const p = pipeline(false);
      expect('close', '}}');
      out.push({ kind: 'print', pipeline: p });
    }
    if (!top) fail('unexpected end of the template: {{end}} is missing');
    depth--;
    return out;
  }

  /** @returns undefined when the word is not a keyword, null for a definition (no node) */
  function keyword(word: string, inRange: boolean, top: boolean): TemplateNode | null | undefined {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        at++;
        return control(word, inRange);
      case 'break':
      case 'continue':
        if (!inRange) fail(`{{${word}}} outside {{range}}`);
        at++;
        expect('close', '}}');
        return { kind: word };
      case 'template': {
        at++;
        const line = lineNow();
        const name = expect('string', 'a quoted template name').text;
        skipSpace();
        const p = peek()?.kind === 'close' ? undefined : pipeline(false);
        expect('close', '}}');
        return { kind: 'template', name, pipeline: p, line };
      }
      case 'define':
      case 'block': {
        if (word === 'define' && !top) fail('{{define}} is allowed at the top only');
        at++;
        const line = lineNow();
        const name = expect('string', 'a quoted template name').text;
        const p = word === 'block' ? pipeline(false) : undefined;
        expect('close', '}}');
        scopes.push(['']);
        defined.set(name, nodes(false, false));
        scopes.pop();
        endTag();
        return word === 'block' ? { kind: 'template', name, pipeline: p, line } : null;
      }
      default:
        return undefined;
    }
  }

  function control(kind: 'if' | 'with' | 'range', inRange: boolean): TemplateNode {
    scopes.push([]);
    const p = pipeline(kind === 'range');
    expect('close', '}}');
    const body = nodes(inRange || kind === 'range', false);
    let otherwise: TemplateNode[] = [];
    at++; // {{
    skipSpace();
    if (peek()?.text === 'else') {
      at++;
      skipSpace();
      const next = peek();
      if (next?.kind === 'ident' && (next.text === 'if' || next.text === 'with')) {
        if (kind === 'range' || (kind === 'if' && next.text === 'with') || (kind === 'with' && next.text === 'if'))
          fail(`{{else ${next.text}}} does not belong to {{${kind}}}`);
        at++;
        otherwise = [control(next.text, inRange)]; // takes the shared {{end}}
        scopes.pop();
        return { kind, pipeline: p, body, otherwise };
      }
      expect('close', '}}');
      otherwise = nodes(inRange, false);
      endTag();
    } else {
      at++; // end
      expect('close', '}}');
    }
    scopes.pop();
    return { kind, pipeline: p, body, otherwise };
  }

  function endTag(): void {
    expect('open', '{{end}}');
    skipSpace();
    if (peek()?.text !== 'end') fail('expected {{end}}');
    at++;
    expect('close', '}}');
  }

  function pipeline(isRange: boolean): Pipeline {
    if (++depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH}`);
    skipSpace();
    const line = lineNow();
    const variables: string[] = [];
    let declares = false;
    const start = at;
    if (peek()?.kind === 'variable') {
      variables.push(tokens[at++]!.text);
      skipSpace();
      if (peek()?.kind === 'comma') {
        if (!isRange) fail('too many variables in the pipeline');
        at++;
        variables.push(expect('variable', 'a variable').text);
        skipSpace();
      }
      const sign = peek()?.kind;
      if (sign === 'declare' || sign === 'assign') {
        at++;
        declares = sign === 'declare';
      } else {
        if (variables.length > 1) fail('expected := after the variables');
        variables.length = 0;
        at = start;
      }
    }
    const commands: Command[] = [command()];
    skipSpace();
    while (peek()?.kind === 'pipe') {
      at++;
      commands.push(command());
      skipSpace();
    }
    commands.slice(1).forEach((c) => {
      if (c.terms[0]!.operand.kind !== 'function') throw templateError(c.line, 'only a function may follow |');
    });
    if (declares) scopes.at(-1)!.push(...variables);
    else for (const v of variables) known(v);
    depth--;
    return { variables, declares, commands, line };
  }

  function known(name: string): void {
    if (!scopes.some((s) => s.includes(name))) fail(`undefined variable "$${name}"`);
  }

  function command(): Command {
    skipSpace();
    const line = lineNow();
    const terms: Term[] = [];
    for (;;) {
      skipSpace();
      const t = peek();
      if (!t || t.kind === 'close' || t.kind === 'pipe' || t.kind === 'rparen') break;
      terms.push(term());
    }
    if (terms.length === 0) return fail('missing value for command');
    if (terms.length > 1 && terms[0]!.operand.kind === 'constant') throw templateError(line, 'can not give argument to a constant');
    return { terms, line };
  }

  function term(): Term {
    const t = tokens[at]!;
    const line = t.line;
    at++;
    let operand: Operand;
    const fields: string[] = [];
    switch (t.kind) {
      case 'dot':
        operand = { kind: 'dot' };
        break;
      case 'field':
        operand = { kind: 'dot' };
        fields.push(t.text);
        break;
      case 'variable':
        known(t.text);
        operand = { kind: 'variable', name: t.text };
        break;
      case 'string':
        operand = { kind: 'constant', value: t.text };
        break;
      case 'char':
        operand = { kind: 'constant', value: BigInt(t.text.codePointAt(0)!) };
        break;
      case 'number':
        operand = number(t.text);
        break;
      case 'lparen': {
        const p = pipeline(false);
        expect('rparen', ')');
        operand = { kind: 'group', pipeline: p };
        break;
      }
      case 'ident':
        if (t.text === 'true' || t.text === 'false') operand = { kind: 'constant', value: t.text === 'true' };
        else if (t.text === 'nil') operand = { kind: 'constant', value: null };
        else {
          if (!isFunction(t.text)) throw templateError(line, `function "${t.text}" not defined`);
          operand = { kind: 'function', name: t.text };
        }
        break;
      default:
        throw templateError(line, `unexpected ${JSON.stringify(t.text)} in operand`);
    }
    while (peek()?.kind === 'field') fields.push(tokens[at++]!.text);
    return { operand, fields, line };
  }

  /** Go's syntax of numbers: 017 and 0o17 are octal; 1e3 is an untyped float. */
  function number(text: string): Operand {
    const negative = text.startsWith('-');
    const digits = text.replace(/^[+-]/, '');
    if (/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9]\d*)$/.test(digits)) {
      const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits);
      if (value > (negative ? 1n << 63n : (1n << 63n) - 1n)) fail(`integer overflow: ${text}`);
      return { kind: 'constant', value: negative ? -value : value, untyped: 'int' };
    }
    const value = Number(text);
    if (!Number.isFinite(value)) fail(`illegal number syntax: ${JSON.stringify(text)}`);
    return { kind: 'constant', value, untyped: 'float' };
  }

  return { main: nodes(false, true), defined };
}
