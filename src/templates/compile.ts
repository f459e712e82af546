// Template tree → closures, once per sink property. Rendering walks no tree and evaluates no text as code.
import { inFunction, isBudgetError, reserveArray, reserveText, spend, spendText } from '../base/budget.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { brief, formatV, goTypeName, spendSort } from '../data/go-format.ts';
import { isStruct, type Value } from '../data/value.ts';
import type { Command, Pipeline, TemplateNode, TemplateTree, Term } from './ast.ts';
import type { TemplateFunction, TemplateFunctions } from './functions/function.ts';

/** Longest text that one template may give, characters. */
const MAX_OUTPUT = 16 * 1024 * 1024;

interface Frame {
  dot: Value;
  vars: Map<string, Value>;
  parent: Frame | undefined;
  out: { text: string; print: Printer | undefined };
}

/** Writes a value into the text printed so far, where that text has a syntax of its own. @throws rowError when it cannot stand there */
export type Printer = (text: string, value: Value, before: string) => string;

type Eval = (f: Frame) => Value;
type Run = (f: Frame) => Signal;
/** What a node says to the loop around it. */
type Signal = 0 | 1 | 2;
const NEXT: Signal = 0;
const BREAK: Signal = 1;
const CONTINUE: Signal = 2;

export type CompiledTemplate = (data: Value) => string;

/** @param printer made for each rendering; missing: values are printed as they are
 *  @throws GatewayError TEMPLATE_FAILED while rendering, with the line */
export function compileTree(tree: TemplateTree, functions: TemplateFunctions, printer?: () => Printer): CompiledTemplate {
  const templates = new Map<string, Run>();
  for (const [name, nodes] of tree.defined) templates.set(name, runAll(nodes));
  const main = runAll(tree.main);
  return (data) => {
    const frame: Frame = { dot: data, vars: new Map([['', data]]), parent: undefined, out: { text: '', print: printer?.() } };
    main(frame);
    return frame.out.text;
  };

  function runAll(nodes: readonly TemplateNode[]): Run {
    const steps = nodes.map(run);
    return (f) => {
      for (const step of steps) {
        const signal = step(f);
        if (signal !== NEXT) return signal;
      }
      return NEXT;
    };
  }

  function put(f: Frame, text: string): void {
    if (text.length > 64) reserveText(text.length);
    f.out.text += text;
    if (f.out.text.length > MAX_OUTPUT) throw failed(0, `the output is longer than ${MAX_OUTPUT} characters`);
  }

  function run(node: TemplateNode): Run {
    switch (node.kind) {
      case 'text':
        return (f) => {
          put(f, node.text);
          return NEXT;
        };
      case 'print': {
        const value = pipeline(node.pipeline);
        const silent = node.pipeline.variables.length > 0;
        return (f) => {
          const v = value(f);
          if (!silent) put(f, f.out.print ? f.out.print(printValue(v), v, f.out.text) : printValue(v));
          return NEXT;
        };
      }
      case 'break':
        return () => BREAK;
      case 'continue':
        return () => CONTINUE;
      case 'template': {
        const value = node.pipeline ? pipeline(node.pipeline) : () => null;
        return (f) => {
          const target = templates.get(node.name);
          if (!target) throw failed(node.line, `template "${node.name}" not defined`);
          const dot = value(f);
          const depth = depthOf(f);
          spend(4 + depth / 4);
          if (depth > 1000) throw failed(node.line, 'templates call each other without end');
          target({ dot, vars: new Map([['', dot]]), parent: f, out: f.out });
          return NEXT;
        };
      }
      case 'if':
      case 'with': {
        const value = pipeline(node.pipeline);
        const body = runAll(node.body);
        const otherwise = runAll(node.otherwise);
        return (f) => {
          const inner = child(f, f.dot);
          const v = value(inner);
          if (!isTrue(v)) return otherwise(inner);
          if (node.kind === 'with') inner.dot = v;
          return body(inner);
        };
      }
      case 'range':
        return range(node);
    }
  }

  function range(node: Extract<TemplateNode, { kind: 'if' | 'with' | 'range' }>): Run {
    const value = pipeline({ ...node.pipeline, variables: [] });
    const body = runAll(node.body);
    const otherwise = runAll(node.otherwise);
    const { variables, declares } = node.pipeline;
    return (f) => {
      const v = value(f);
      const items: [Value, Value][] = [];
      if (v === null || v === undefined) return otherwise(child(f, f.dot));
      if (Array.isArray(v)) {
        reserveArray(v.length * 4);
        for (const [i, e] of v.entries()) items.push([BigInt(i), e]);
      } else if (typeof v === 'bigint') {
        if (v > 1_000_000n) throw failed(node.pipeline.line, `range over ${v} is too long`);
        reserveArray(Number(v) * 4);
        for (let i = 0n; i < v; i++) items.push([i, i]);
      } else if (isStruct(v)) {
        const keys = Object.keys(v);
        spendSort(keys.length);
        for (const k of keys.sort()) items.push([k, v[k]]);
      } else throw failed(node.pipeline.line, `range can't iterate over ${brief(v)}`);
      if (items.length === 0) return otherwise(child(f, f.dot));
      for (const [k, e] of items) {
        spend(6);
        const inner = child(f, e);
        if (variables.length === 1) set(inner, variables[0]!, e, declares);
        else if (variables.length === 2) {
          set(inner, variables[0]!, k, declares);
          set(inner, variables[1]!, e, declares);
        }
        if (body(inner) === BREAK) break;
      }
      return NEXT;
    };
  }

  function pipeline(p: Pipeline): Eval {
    let value = command(p.commands[0]!, undefined);
    for (const c of p.commands.slice(1)) value = command(c, value);
    if (p.variables.length === 0) return value;
    const last = value;
    return (f) => {
      const v = last(f);
      set(f, p.variables[0]!, v, p.declares);
      return v;
    };
  }

  function command(c: Command, piped: Eval | undefined): Eval {
    const first = c.terms[0]!;
    if (first.operand.kind !== 'function' || first.fields.length > 0) {
      if (c.terms.length > 1) throw failed(c.line, `${describe(first)} is not a function: it takes no arguments`);
      return term(first);
    }
    return call(first.operand.name, [...c.terms.slice(1).map(term), ...(piped ? [piped] : [])], c.line);
  }

  function call(name: string, args: Eval[], line: number): Eval {
    const fn = functions.get(name) as TemplateFunction;
    if (args.length < fn.min || args.length > (fn.max ?? Number.POSITIVE_INFINITY))
      throw failed(line, `wrong number of args for ${name}: want ${fn.max === fn.min ? fn.min : `at least ${fn.min}`} got ${args.length}`);
    if (fn.lazy) {
      const lazy = fn.lazy;
      return (f) => guard(name, line, () => lazy(args.map((a) => () => a(f))));
    }
    const { exec } = fn;
    return (f) => {
      const values = args.map((a) => a(f));
      return guard(name, line, () => {
        for (const v of values) weigh(v);
        const result = exec!(...values);
        weighResult(result);
        return result;
      });
    };
  }

  function term(t: Term): Eval {
    let base: Eval;
    const o = t.operand;
    switch (o.kind) {
      case 'constant':
        base = () => o.value;
        break;
      case 'dot':
        base = (f) => f.dot;
        break;
      case 'variable':
        base = (f) => get(f, o.name);
        break;
      case 'group':
        base = pipeline(o.pipeline);
        break;
      case 'function':
        base = call(o.name, [], t.line);
        break;
    }
    if (t.fields.length === 0) return base;
    const fields = t.fields;
    return (f) => {
      let v = base(f);
      for (const name of fields) v = member(v, name, t.line);
      return v;
    };
  }
}

function member(v: Value, name: string, line: number): Value {
  if (v === undefined) return undefined; // a missing key has missing members, as in Go
  if (v === null) throw failed(line, `nil pointer evaluating interface {}.${name}`);
  if (!isStruct(v)) throw failed(line, `can't evaluate field ${name} in type ${goTypeName(v)}`);
  return Object.hasOwn(v, name) ? v[name] : undefined;
}

function child(f: Frame, dot: Value): Frame {
  return { dot, vars: new Map(), parent: f, out: f.out };
}

function depthOf(f: Frame): number {
  let n = 0;
  for (let g: Frame | undefined = f; g; g = g.parent) n++;
  return n;
}

function get(f: Frame, name: string): Value {
  for (let g: Frame | undefined = f; g; g = g.parent) if (g.vars.has(name)) return g.vars.get(name);
  return undefined;
}

function set(f: Frame, name: string, value: Value, declares: boolean): void {
  if (!declares)
    for (let g: Frame | undefined = f; g; g = g.parent)
      if (g.vars.has(name)) {
        g.vars.set(name, value);
        return;
      }
  f.vars.set(name, value);
}

/** Most functions walk once through the texts and lists that they get. */
function weigh(v: Value): void {
  spend(2);
  if (typeof v === 'string') spendText(v.length * 4);
  else if (Array.isArray(v) || v instanceof Uint8Array) spend(v.length / 4);
}

function weighResult(v: Value): void {
  if (typeof v === 'string') {
    if (v.length > 64) reserveText(v.length);
  } else if (Array.isArray(v) && v.length > 16) reserveArray(v.length);
}

function guard(name: string, line: number, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (isBudgetError(error)) throw inFunction(error, name);
    throw failed(line, `error calling ${name}: ${messageOf(error)}`, error);
  }
}

function failed(line: number, problem: string, cause?: unknown): GatewayError {
  return new GatewayError('TEMPLATE_FAILED', { line, problem }, { cause });
}

function describe(t: Term): string {
  return t.operand.kind === 'variable' ? `$${t.operand.name}` : `.${t.fields.join('.')}`;
}

/** Go's truth: false, 0, nil, empty string, array and map are false. */
export function isTrue(v: Value): boolean {
  if (Array.isArray(v)) return v.length > 0;
  if (isStruct(v)) return Object.keys(v).length > 0;
  if (v instanceof Uint8Array) return v.length > 0;
  return typeof v === 'bigint' ? v !== 0n : Boolean(v);
}

/** What `{{x}}` writes. */
export function printValue(v: Value): string {
  return v === null || v === undefined ? '<no value>' : formatV(v);
}
