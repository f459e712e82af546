// Go text/template for sinks (dataTemplate, dynamic properties): text → function. Compiled when a rule is made; a bad template refuses the rule.
import type { Value } from '../data/value.ts';
import { type CompiledTemplate, compileTree, type Printer } from './compile.ts';
import { collectionFunctions } from './functions/collections.ts';
import { coreFunctions } from './functions/core.ts';
import { encodingFunctions, type TemplateEnv } from './functions/encoding.ts';
import type { TemplateFunctions } from './functions/function.ts';
import { mathFunctions } from './functions/math.ts';
import { pathFunctions } from './functions/paths.ts';
import { stringFunctions } from './functions/strings.ts';
import { parseTemplate } from './parser.ts';

export type { CompiledTemplate, Printer } from './compile.ts';
export type { TemplateEnv } from './functions/encoding.ts';

export interface TemplateEngine {
  /** @param printer how values are written (rendered/)  @throws GatewayError TEMPLATE_SYNTAX */
  compile(source: string, printer?: () => Printer): CompiledTemplate;
  /** Compiles every text with `{{` in a property value, also inside lists and objects.
   *  @returns a function of the data that gives the value with all templates rendered, or undefined when there is none */
  compileDynamic(value: unknown, printer?: () => Printer): ((data: Value) => unknown) | undefined;
}

/** Names that a template may call, for tests and documentation. */
export const templateFunctionNames = (): string[] =>
  Object.keys({
    ...stringFunctions,
    ...mathFunctions,
    ...collectionFunctions,
    ...pathFunctions,
    ...encodingFunctions({ now: () => 0, timeZone: 'UTC', property: () => undefined, toJson: () => '' }),
    ...coreFunctions,
  }).sort();

export function createTemplateEngine(env: TemplateEnv): TemplateEngine {
  const functions: TemplateFunctions = new Map(
    Object.entries({
      ...stringFunctions,
      ...mathFunctions,
      ...collectionFunctions,
      ...pathFunctions,
      ...encodingFunctions(env),
      ...coreFunctions,
    }),
  );
  const compile = (source: string, printer?: () => Printer) =>
    compileTree(
      parseTemplate(source, (name) => functions.has(name)),
      functions,
      printer,
    );
  const compileDynamic = (value: unknown, printer?: () => Printer): ((data: Value) => unknown) | undefined => {
    if (typeof value === 'string') return value.includes('{{') ? compile(value, printer) : undefined;
    if (Array.isArray(value)) {
      const parts = value.map((v) => compileDynamic(v, printer));
      return parts.some(Boolean) ? (data) => parts.map((p, i) => (p ? p(data) : value[i])) : undefined;
    }
    if (typeof value === 'object' && value !== null) {
      const parts = Object.entries(value).map(([k, v]) => [k, v, compileDynamic(v, printer)] as const);
      return parts.some(([, , p]) => p) ? (data) => Object.fromEntries(parts.map(([k, v, p]) => [k, p ? p(data) : v])) : undefined;
    }
    return undefined;
  };
  return { compile, compileDynamic };
}
