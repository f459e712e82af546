// Go text/template: splits the text into literal parts and actions, and actions into tokens. Trim markers are applied here. Next: parser.ts.
import { GatewayError } from '../base/errors/gateway-error.ts';

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'ident'
  | 'field'
  | 'variable'
  | 'string'
  | 'char'
  | 'number'
  | 'pipe'
  | 'lparen'
  | 'rparen'
  | 'declare'
  | 'assign'
  | 'comma'
  | 'dot'
  | 'space';

export interface TemplateToken {
  kind: TokenKind;
  /** Literal text, name without `.` or `$`, decoded string, or number text. */
  text: string;
  line: number;
}

export function templateError(line: number, problem: string): GatewayError {
  return new GatewayError('TEMPLATE_SYNTAX', { line, problem });
}

/** @throws GatewayError TEMPLATE_SYNTAX with the line */
export function lexTemplate(source: string): TemplateToken[] {
  const tokens: TemplateToken[] = [];
  let at = 0;
  let line = 1;
  let trimNext = false;
  const countLines = (text: string) => {
    for (const c of text) if (c === '\n') line++;
  };
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    let text = open < 0 ? source.slice(at) : source.slice(at, open);
    const raw = text;
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, '');
    trimNext = false;
    if (open < 0) {
      if (text) tokens.push({ kind: 'text', text, line });
      break;
    }
    let pos = open + 2;
    let trimmed = false;
    if (source[pos] === '-' && /[ \t\r\n]/.test(source[pos + 1] ?? '')) {
      text = text.replace(/[ \t\r\n]+$/, '');
      pos++;
      trimmed = true;
    }
    if (text) tokens.push({ kind: 'text', text, line });
    countLines(raw);
    const comment = /^\/\*[\s\S]*?\*\/(?:\}\}|[ \t\r\n]+(-)\}\})/.exec(source.slice(trimmed ? pos + 1 : pos));
    if (comment) {
      countLines(comment[0]);
      trimNext = comment[1] === '-';
      at = pos + (trimmed ? 1 : 0) + comment[0].length;
      continue;
    }
    tokens.push({ kind: 'open', text: '{{', line });
    for (;;) {
      if (pos >= source.length) throw templateError(line, 'unclosed action: }} is missing');
      const rest = source.slice(pos);
      const trim = /^[ \t\r\n]+-\}\}/.exec(rest);
      if (trim) {
        countLines(trim[0]);
        trimNext = true;
        pos += trim[0].length;
        break;
      }
      if (rest.startsWith('}}')) {
        pos += 2;
        break;
      }
      const [token, length] = lexOne(rest, line);
      tokens.push(token);
      countLines(rest.slice(0, length));
      pos += length;
    }
    tokens.push({ kind: 'close', text: '}}', line });
    at = pos;
  }
  return tokens;
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'", a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquote(body: string, line: number): string {
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[\s\S])/g, (_m, e: string) => {
    if (/^[xuU]./.test(e)) return String.fromCodePoint(Number.parseInt(e.slice(1), 16));
    if (/^[0-7]{3}$/.test(e)) return String.fromCharCode(Number.parseInt(e, 8));
    const c = escapes[e];
    if (c === undefined) throw templateError(line, `unknown escape \\${e}`);
    return c;
  });
}

function lexOne(rest: string, line: number): [TemplateToken, number] {
  const token = (kind: TokenKind, text: string, length: number): [TemplateToken, number] => [{ kind, text, line }, length];
  let m = /^[ \t\r\n]+/.exec(rest);
  if (m) return token('space', '', m[0].length);
  if (rest.startsWith(':=')) return token('declare', ':=', 2);
  const c = rest[0]!;
  if (c === '=') return token('assign', '=', 1);
  if (c === '|') return token('pipe', '|', 1);
  if (c === '(') return token('lparen', '(', 1);
  if (c === ')') return token('rparen', ')', 1);
  if (c === ',') return token('comma', ',', 1);
  m = /^"((?:[^"\\\n]|\\[\s\S])*)"/.exec(rest);
  if (m) return token('string', unquote(m[1]!, line), m[0].length);
  if (c === '"') throw templateError(line, 'unterminated quoted string');
  m = /^`([^`]*)`/.exec(rest);
  if (m) return token('string', m[1]!, m[0].length);
  if (c === '`') throw templateError(line, 'unterminated raw quoted string');
  m = /^'((?:[^'\\\n]|\\.)+)'/.exec(rest);
  if (m) return token('char', unquote(m[1]!, line), m[0].length);
  m = /^\$([\p{L}_][\p{L}\p{N}_]*)?/u.exec(rest);
  if (m) return token('variable', m[1] ?? '', m[0].length);
  m = /^\.([\p{L}_][\p{L}\p{N}_]*)/u.exec(rest);
  if (m) return token('field', m[1]!, m[0].length);
  m = /^[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(rest);
  if (m) return token('number', m[0].replaceAll('_', ''), m[0].length);
  if (c === '.') return token('dot', '.', 1);
  m = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(rest);
  if (m) return token('ident', m[0], m[0].length);
  throw templateError(line, `unexpected ${JSON.stringify(c)} in action`);
}
