// JSON paths and the expressions in their filters and scripts: recursive descent for paths, operator precedence for expressions.
// A whole path text is an expression too: `$.a + 1` and `[$.a, $.b]` work. Not there: `{#: $..x}`, objects keyed by placeholders.
import { rowError } from '../../base/errors/gateway-error.ts';
import { parseGoFloat } from '../go-numbers.ts';
import { setMember } from '../set-member.ts';
import { isStruct, type Value, type ValueObject } from '../value.ts';
import { isZero, toBoolean, toKey, toNumber } from './convert.ts';
import { operators } from './operators.ts';
import { type Evaluable, PathFailure } from './scope.ts';
import {
  evaluatePath,
  runScript,
  type Step,
  selectAll,
  selectDescendants,
  selectKey,
  selectList,
  selectRange,
  selectWhere,
} from './selectors.ts';
import { type Token, tokenize } from './tokens.ts';
import { unquote } from './unquote.ts';

/** Go's math.MaxInt32: the open end of a slice. */
const OPEN_END = 2_147_483_647;
const MAX_DEPTH = 100;
const OPERATOR_SIGNS = '+-*/%<>=!^&|~?';

/** @throws rowError `parsing error: …` */
export function parseJsonPath(path: string, anyQuotes = false): Evaluable {
  return new Parser(path, anyQuotes).parseAll();
}

class Parser {
  private readonly path: string;
  private readonly anyQuotes: boolean;
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(path: string, anyQuotes: boolean) {
    this.path = path;
    this.anyQuotes = anyQuotes;
    this.tokens = tokenize(path);
  }

  parseAll(): Evaluable {
    const result = this.expression(0);
    if (this.peek().kind !== 'end') throw this.unexpected('operator');
    return result;
  }

  private peek(): Token {
    return this.tokens[this.at]!;
  }

  private take(): Token {
    const token = this.tokens[this.at]!;
    if (token.kind !== 'end') this.at++;
    return token;
  }

  private isSign(text: string): boolean {
    const token = this.peek();
    return token.kind === 'sign' && token.text === text;
  }

  private takeSign(text: string): boolean {
    if (!this.isSign(text)) return false;
    this.at++;
    return true;
  }

  private expectSign(text: string, what: string): void {
    if (!this.takeSign(text)) throw this.unexpected(what, text);
  }

  private unexpected(what: string, expected?: string): Error {
    const token = this.peek();
    const found = token.kind === 'end' ? 'EOF' : JSON.stringify(token.text);
    const hint = token.kind === 'text' && token.text.startsWith("'") ? '; names go in double quotes' : '';
    return rowError(
      `parsing error: ${this.path} - 1:${token.start + 1} unexpected ${found} while scanning ${what}${expected ? ` expected "${expected}"` : ''}${hint}`,
    );
  }

  // ---- expressions

  private expression(minPrecedence: number): Evaluable {
    if (++this.depth > MAX_DEPTH) throw rowError(`parsing error: ${this.path} is nested more than ${MAX_DEPTH} levels deep`);
    let left = this.prefix();
    for (;;) {
      const name = this.operatorName();
      if (name === '?') {
        if (minPrecedence > 0) break;
        this.at++;
        left = this.conditional(left);
        continue;
      }
      const operator = name === undefined ? undefined : operators[name];
      if (!operator || operator.precedence < minPrecedence) break;
      this.at += name === 'in' ? 1 : name!.length;
      left = operator.build(left, this.expression(operator.precedence + 1));
    }
    this.depth--;
    return left;
  }

  /** The operator that starts here: the longest run of adjacent signs that is one. */
  private operatorName(): string | undefined {
    const first = this.peek();
    if (first.kind === 'name') return first.text === 'in' ? 'in' : undefined;
    if (first.kind !== 'sign' || !OPERATOR_SIGNS.includes(first.text)) return undefined;
    const second = this.tokens[this.at + 1];
    if (second?.kind === 'sign' && second.start === first.end && first.text + second.text in operators) return first.text + second.text;
    return first.text === '?' || first.text in operators ? first.text : undefined;
  }

  private conditional(condition: Evaluable): Evaluable {
    const then = this.expression(0);
    const otherwise: Evaluable = this.takeSign(':') ? this.expression(0) : () => null;
    return (scope) => (isZero(condition(scope)) ? otherwise(scope) : then(scope));
  }

  private prefix(): Evaluable {
    const token = this.take();
    switch (token.kind) {
      case 'number':
        return this.number(token);
      case 'text': {
        const text = unquote(token.text, this.anyQuotes);
        return () => text;
      }
      case 'name':
        return this.name(token.text);
      case 'sign':
        return this.sign(token);
      default:
        throw this.unexpected('extensions');
    }
  }

  private number(token: Token): Evaluable {
    const n = parseGoFloat(token.text);
    if (n === undefined) throw rowError(`strconv.ParseFloat: parsing ${JSON.stringify(token.text)}: invalid syntax`);
    return () => n;
  }

  private sign(token: Token): Evaluable {
    switch (token.text) {
      case '$':
        return this.rootPath();
      case '@':
        return this.currentPath();
      case '(': {
        const inner = this.expression(0);
        this.expectSign(')', 'parentheses');
        return inner;
      }
      case '[':
        return this.arrayLiteral();
      case '{':
        return this.objectLiteral();
      case '-':
        return this.unary((v) => negate(v));
      case '!':
        return this.unary((v) => not(v));
      case '~':
        return this.unary((v) => Number(~BigInt(Math.trunc(requireNumber(v)))));
      default:
        this.at--;
        throw this.unexpected('extensions');
    }
  }

  private unary(compute: (v: Value) => Value): Evaluable {
    if (++this.depth > MAX_DEPTH) throw rowError(`parsing error: ${this.path} is nested more than ${MAX_DEPTH} levels deep`);
    const operand = this.prefix();
    this.depth--;
    return (scope) => compute(operand(scope));
  }

  /** A constant, or a variable of the root object with its members. */
  private name(first: string): Evaluable {
    if (first === 'true') return () => true;
    if (first === 'false') return () => false;
    const keys: Evaluable[] = [() => first];
    for (;;) {
      if (this.takeSign('.')) {
        const token = this.peek();
        if (token.kind !== 'name') throw this.unexpected('field', 'Ident');
        this.at++;
        keys.push(() => token.text);
      } else if (this.takeSign('[')) {
        keys.push(this.expression(0));
        this.expectSign(']', 'array key');
      } else if (this.isSign('(')) throw rowError(`could not call '${first}': a JSON path has no functions`);
      else return (scope) => keys.reduce<Value>((v, key) => variable(v, toKey(key(scope))), scope.root);
    }
  }

  private arrayLiteral(): Evaluable {
    const items: Evaluable[] = [];
    while (!this.takeSign(']')) if (!this.takeSign(',')) items.push(this.expression(0));
    return (scope) => items.map((item) => item(scope));
  }

  private objectLiteral(): Evaluable {
    const members: [Evaluable, Evaluable][] = [];
    while (!this.takeSign('}')) {
      if (this.takeSign(',')) continue;
      const key = this.expression(0);
      this.expectSign(':', 'object');
      members.push([key, this.expression(0)]);
    }
    return (scope) => {
      const object: ValueObject = {};
      for (const [key, value] of members) setMember(object, toKey(key(scope)), value(scope));
      return object;
    };
  }

  // ---- paths

  private rootPath(): Evaluable {
    const steps = this.steps();
    return (scope) => evaluatePath(steps, scope);
  }

  private currentPath(): Evaluable {
    const steps = this.steps();
    return (scope) => evaluatePath([{ plain: () => scope.current }, ...steps], scope);
  }

  private steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      if (this.takeSign('.')) this.dotStep(steps);
      else if (this.takeSign('[')) steps.push(this.bracketStep(false));
      else if (this.takeSign('(')) steps.push(this.script());
      else return steps;
    }
  }

  private dotStep(steps: Step[]): void {
    if (this.takeSign('.')) {
      steps.push(selectDescendants);
      if (this.takeSign('[')) steps.push(this.bracketStep(true));
      else if (this.takeSign('(')) steps.push(this.script());
      else steps.push(this.nameOrStar('JSON mapper'));
      return;
    }
    steps.push(this.nameOrStar('JSON select'));
  }

  private nameOrStar(what: string): Step {
    if (this.takeSign('*')) return selectAll;
    const token = this.peek();
    if (token.kind !== 'name') throw this.unexpected(what, 'Ident');
    this.at++;
    return selectKey(() => token.text);
  }

  private script(): Step {
    const script = this.expression(0);
    this.expectSign(')', 'jsonpath script');
    return runScript(script);
  }

  private bracketStep(afterDescent: boolean): Step {
    if (this.takeSign('*')) {
      this.expectSign(']', 'JSON bracket star');
      return selectAll;
    }
    if (this.takeSign('?')) {
      const filter = this.expression(0);
      this.expectSign(']', 'JSON filter');
      return selectWhere(filter);
    }
    if (this.isSign(':')) return this.range([() => 0], afterDescent);
    const keys = [this.expression(0)];
    if (this.isSign(':')) return this.range(keys, afterDescent);
    while (this.takeSign(',')) keys.push(this.expression(0));
    this.expectSign(']', 'JSON bracket separator');
    return keys.length === 1 && !afterDescent ? selectKey(keys[0]!) : selectList(keys);
  }

  /** Behind the first bound, at a colon. */
  private range(bounds: Evaluable[], afterDescent: boolean): Step {
    if (afterDescent) throw rowError('mapper can not be combined with range query');
    const defaults: readonly Evaluable[] = [() => 0, () => OPEN_END, () => 1];
    while (this.takeSign(':')) {
      if (bounds.length > 2) throw rowError('range query has at least the parameter [min:max:step]');
      bounds.push(this.isSign(':') || this.isSign(']') ? defaults[bounds.length]! : this.expression(0));
    }
    this.expectSign(']', 'JSON bracket separator');
    return selectRange(bounds[0]!, bounds[1] ?? defaults[1]!, bounds[2] ?? defaults[2]!);
  }
}

/** Unlike a path, a variable that an object lacks is null, and an array without that index stays as it is. */
function variable(v: Value, name: string): Value {
  if (isStruct(v)) return Object.hasOwn(v, name) ? v[name] : null;
  if (Array.isArray(v)) return /^[0-9]+$/.test(name) && Number(name) < v.length ? v[Number(name)] : v;
  throw new PathFailure(`unknown parameter '${name}'`);
}

function requireNumber(v: Value): number {
  const n = toNumber(v);
  if (n === undefined || !Number.isFinite(n)) throw new PathFailure(`unexpected ${toKey(v)} expected number`);
  return n;
}

const negate = (v: Value): Value => -requireNumber(v);

function not(v: Value): boolean {
  const b = toBoolean(v);
  if (b === undefined) throw new PathFailure(`unexpected ${toKey(v)} expected bool`);
  return !b;
}
