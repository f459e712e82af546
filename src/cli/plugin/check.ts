// Everything that would fail once a plugin is on a gateway, found beforehand: `kuiper plugin check`, and before pack, install and dev. Each problem has
// file, line and cure. In order: name, text, imports, bundle, loading, contract, metadata, secrets, types. Next: source-scan.ts, bundle.ts.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, extname, join, relative, resolve } from 'node:path';
import { createRealClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { createLog } from '../../base/log.ts';
import { createFunctionCatalogue } from '../../functions/index.ts';
import { checkPluginFile, misspelt, type PluginFileFacts, parsePluginFileName, pluginNameOf } from '../../plugin-host/index.ts';
import { suggest } from '../../sql/suggest.ts';
import { type Bundle, BundleError, bundlePlugin, needsBundle, unresolvedCure } from './bundle.ts';
import { locatePlugin, type PluginPlace } from './locate.ts';
import { checkMetadata } from './metadata-check.ts';
import { scanSecrets } from './secrets-scan.ts';
import { type SourceScan, scanSource } from './source-scan.ts';
import { typeCheck } from './type-check.ts';

export interface Finding {
  /** Relative to the plugin's folder. */
  file: string;
  line?: number | undefined;
  text: string;
}

export interface CheckResult {
  place: PluginPlace;
  /** Undefined: it cannot even be loaded. */
  facts: PluginFileFacts | undefined;
  /** What would fail. */
  problems: Finding[];
  /** What the author should know. */
  notes: Finding[];
  /** Set when it has imports that must be in the file. */
  bundle: Bundle | undefined;
}

/** Errors of TypeScript that are errors at run time as well, even where types are not meant to be strict. */
const SURE_TYPE_FAULTS: readonly number[] = [2304, 2305, 2307, 2339, 2349, 2351, 2551, 2552, 2554, 2555, 2724];

const silent = createLog({ level: 'fatal', write: () => undefined });

/** @param given file or folder */
export async function checkPlugin(given: string | undefined): Promise<CheckResult> {
  const place = locatePlugin(given);
  const { file, folder } = place;
  const shown = relative(folder, file);
  const result: CheckResult = { place, facts: undefined, problems: [], notes: [], bundle: undefined };
  const problem = (text: string, line?: number, at = shown) => void result.problems.push({ file: at, line, text });
  const note = (text: string, line?: number, at = shown) => void result.notes.push({ file: at, line, text });

  const parsed = parsePluginFileName(basename(file));
  if (parsed.kind !== 'plugin') {
    problem(
      parsed.kind === 'refused'
        ? `${parsed.reason}${nameCure(basename(file))}`
        : 'its name is that of a temporary file; name it after the plugin, as in mySource.ts',
    );
    return result;
  }
  const text = readFileSync(file, 'utf8');
  const scan = scanSource(text);
  lookAtCalls(scan, problem, note);
  const missing = missingImports(scan, file);
  for (const m of missing) problem(m.text, m.line);
  if (missing.length === 0 && needsBundle(scan)) await tryBundle(result, file, problem);
  if (missing.length === 0) await load(result, file, scan, problem, note);
  for (const { file: at, line, text: t } of checkMetadata(folder, parsed.file.name, result.facts)) problem(t, line, at);
  for (const at of [shown, ...runtimeFiles(folder)]) {
    const content = readFileSync(join(folder, at));
    if (content.length < 4 * 1024 * 1024)
      for (const s of scanSecrets(content.toString('utf8')))
        problem(
          `${s.what} would travel with the plugin; take it from an option (\`secret: true\`) that the user sets in a rule or conf key`,
          s.line,
          at,
        );
  }
  if (result.bundle)
    for (const s of scanSecrets(result.bundle.code))
      if (!result.problems.some((p) => p.text.startsWith(s.what)))
        problem(`${s.what} is in a file that is bundled into the plugin; take it from an option`, undefined, shown);
  lookAtTypes(result, problem, note);
  result.problems.sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1));
  return result;
}

type Tell = (text: string, line?: number, at?: string) => void;

function nameCure(name: string): string {
  const stem = name.slice(0, name.length - extname(name).length);
  const camel = stem.replace(/@.*$/, '').replace(/[^A-Za-z0-9]+(.)?/g, (_, c: string | undefined) => (c ?? '').toUpperCase());
  return /^[A-Za-z]\w*$/.test(camel) && camel !== stem ? `; rename it to ${pluginNameOf(camel)}${extname(name)}` : '';
}

/** Calls that the gateway refuses, and paths that are not there on a device. */
function lookAtCalls(scan: SourceScan, problem: Tell, note: Tell): void {
  for (const { line, text } of scan.find(/\bprocess\s*\.\s*(?:exit|abort|kill)\s*\(/))
    problem(`${text.replace(/\s|\($/g, '')} is refused in a gateway; throw an error, or call fail(error) of a source`, line);
  for (const { line, text } of scan.find(/\b(?:__dirname|__filename)\b|\bimport\s*\.\s*meta\s*\.\s*(?:dirname|filename|url)\b/))
    note(
      `${text} is the folder of plugins, and only the plugin's own file gets there; put data into etc/ and find it with ctx.getRootPath()`,
      line,
    );
  for (const { line } of scan.find(/\bprocess\s*\.\s*on\s*\(/))
    note("handlers on process are for the whole gateway; a plugin's late errors are caught anyway", line);
}

function missingImports(scan: SourceScan, file: string): Finding[] {
  const require = createRequire(file);
  const out: Finding[] = [];
  for (const { specifier, line } of scan.imports) {
    if (isBuiltin(specifier) || specifier === '@kuiper-gateway/plugin') continue;
    if (specifier === 'kuiper-gateway') {
      out.push({ file, line, text: "kuiper-gateway has only types: write `import type { … } from 'kuiper-gateway'`" });
      continue;
    }
    if (specifier === '@kuiper-gateway/plugin/testing') {
      out.push({ file, line, text: '@kuiper-gateway/plugin/testing is for tests; import it in the test file, not in the plugin' });
      continue;
    }
    if (specifier.startsWith('.') || specifier.startsWith('/')) {
      const path = resolve(file, '..', specifier);
      const other = ['.ts', '.js', '.mjs', '/index.ts', '/index.js'].find((e) => existsSync(path + e) && statSync(path + e).isFile());
      if (existsSync(path) && statSync(path).isFile()) continue;
      const instead =
        /\.js$/.test(specifier) && existsSync(path.replace(/\.js$/, '.ts'))
          ? specifier.replace(/\.js$/, '.ts')
          : other && specifier + other;
      out.push({ file, line, text: instead ? `cannot find ${specifier}; write the whole name: ${instead}` : unresolvedCure(specifier) });
      continue;
    }
    try {
      require.resolve(specifier);
    } catch (error) {
      // a package for `import` only cannot be resolved by require, but it is there
      if ((error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') continue;
      out.push({ file, line, text: unresolvedCure(specifier) });
    }
  }
  return out;
}

async function tryBundle(result: CheckResult, file: string, problem: Tell): Promise<void> {
  try {
    result.bundle = await bundlePlugin(file);
  } catch (error) {
    if (!(error instanceof BundleError)) return problem(messageOf(error));
    for (const f of error.faults) problem(f.text, f.line, f.file);
  }
}

async function load(result: CheckResult, file: string, scan: SourceScan, problem: Tell, note: Tell): Promise<void> {
  let facts: PluginFileFacts;
  try {
    facts = await checkPluginFile(file, createRealClock(), silent, undefined, true);
  } catch (error) {
    // the path comes first, and the line with it
    const [, line, text] = /^(?:line (\d+): )?(.*)$/s.exec(messageOf(error).replace(`${file}: `, '').replace(`${file} `, ''))!;
    return problem(text!, line === undefined ? undefined : Number(line));
  }
  result.facts = facts;
  if (result.bundle) await loadBundle(result.bundle, facts, problem);
  const lineOf = (pattern: RegExp) => scan.find(pattern)[0]?.line;
  for (const method of ['exec', 'validate', 'isAggregate'])
    if (facts.kind === 'functions' && facts.asyncMethods.includes(method))
      problem(
        `${method} is async, and a row cannot wait for a promise; return the value itself, or fetch in a source and join`,
        lineOf(new RegExp(`\\basync\\s+${method}\\b|\\b${method}\\s*[:=]\\s*async\\b`)),
      );
  const { trial } = facts;
  if (trial?.promise && !facts.asyncMethods.includes('exec'))
    problem('exec returns a promise, and a row cannot wait for it; return the value itself', lineOf(/\bexec\s*\(/));
  if (trial?.error) {
    const [, line, text] = /^(?:line (\d+): )?(.*)$/s.exec(trial.error.text)!;
    const at = line === undefined ? undefined : Number(line);
    const unknown = /\.(\w+) is not a function$/.exec(text!)?.[1];
    const near = unknown && suggest(unknown, CONTEXT);
    if (trial.error.name === 'ReferenceError') problem(`${text}; declare or import it`, at);
    else if (near) problem(`${text}; did you mean ${near}?`, at);
    else if (trial.error.name === 'TypeError' && facts.kind !== 'functions')
      problem(`configure without options throws a ${trial.error.name}: ${text}; check what is there, and say what is missing`, at);
    else if (facts.kind !== 'functions') note(`without options it refuses the rule: ${text}`, at);
  }
  if (facts.constructorArgs > 0)
    problem(
      `the constructor asks for ${facts.constructorArgs} argument${facts.constructorArgs > 1 ? 's' : ''} and gets none; options come with configure(…)`,
      lineOf(/\bconstructor\s*\(/),
    );
  const near = misspelt(facts.otherMethods);
  if (near)
    problem(`the gateway calls ${facts.methods.join(', ')} only${near}`, lineOf(new RegExp(`\\b${/it has (\w+)/.exec(near)![1]}\\s*\\(`)));
  if (facts.tampers.length > 0)
    note(`it changes ${facts.tampers.slice(0, 3).join(', ')}, which all code shares: it will run in a worker, where a call takes longer`);
  if (facts.kind === 'functions') {
    const catalogue = createFunctionCatalogue();
    for (const symbol of facts.functions) {
      const name = pluginNameOf(symbol);
      const builtin = catalogue.get(name);
      if (builtin)
        problem(
          `the name ${name} is that of a built-in function (${builtin.doc.split('\n')[0]}); give the plugin another name`,
          lineOf(new RegExp(`\\b${symbol}\\b`)),
        );
    }
  }
}

const CONTEXT = [
  'getLogger',
  'getRuleId',
  'getOpId',
  'getInstanceId',
  'getRootPath',
  'signal',
  'putState',
  'getState',
  'deleteState',
  'incrCounter',
  'getCounter',
];

/** What is packed is the bundle: it must load where nothing else is. */
async function loadBundle(bundle: Bundle, facts: PluginFileFacts, problem: Tell): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-bundle-'));
  try {
    const path = join(folder, `${facts.name}.mjs`);
    writeFileSync(path, bundle.code);
    await checkPluginFile(path, createRealClock(), silent);
  } catch (error) {
    problem(`it works here, but not as the one file that is packed: ${messageOf(error).replace(`${folder}/`, '')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lookAtTypes(result: CheckResult, problem: Tell, note: Tell): void {
  const { place, problems } = result;
  // what cannot be loaded has been told already, with the cure
  if (problems.some((p) => /is not supported|Expected|Unexpected|cannot find package/.test(p.text)) || !/\.[cm]?ts$/.test(place.file))
    return;
  const faults = typeCheck(place);
  if (faults === undefined) return note('types were not checked: there is no TypeScript here (npm install typescript)');
  for (const f of faults) {
    const sure = place.project !== undefined || SURE_TYPE_FAULTS.includes(f.code);
    if (problems.some((p) => p.file === f.file && p.line === f.line)) continue;
    (sure ? problem : note)(`${f.text.replace(/\.$/, '')} (TS${f.code})`, f.line, f.file);
  }
}

function runtimeFiles(folder: string): string[] {
  const etc = join(folder, 'etc');
  if (!existsSync(etc)) return [];
  return readdirSync(etc, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => relative(folder, join(e.parentPath, e.name)))
    .sort();
}

const SINGULAR = { sources: 'source', sinks: 'sink', functions: 'function' } as const;

/** The result for a terminal. */
export function shownCheck({ place, facts, problems, notes, bundle }: CheckResult): string {
  const at = ({ file, line, text }: Finding) => `  ${file}${line === undefined ? '' : `: line ${line}`}: ${text}`;
  const out: string[] = [];
  if (problems.length > 0) out.push(`${basename(place.file)} is not a plugin that works:`, ...problems.map(at));
  else if (facts) {
    const { kind, name, version, symbol, singleton, methods } = facts;
    out.push(
      `${SINGULAR[kind]} ${name}${version ? ` version ${version}` : ''}: ok`,
      `  exports ${symbol}, ${singleton ? 'an instance that all rules share' : 'an instance of its own for each rule'}`,
      `  methods ${methods.join(', ')}`,
    );
    if (bundle) {
      const list = bundle.packages.map((p) => `${p.name} ${p.version} (${p.license})`).join(', ');
      out.push(`  pack makes one file of it${list ? `, with ${list}` : ''}`);
    }
  }
  if (notes.length > 0) out.push('notes:', ...notes.map(at));
  return out.join('\n');
}
