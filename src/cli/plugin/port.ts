// `kuiper plugin port FILE.go`: a skeleton in TypeScript of a plugin for eKuiper in Go. Finds the plugin's type, its methods and what it exports, and puts
// each Go body as a comment where its translation belongs. It translates no code: that is the author's work.
import { CliError } from '../cli-error.ts';

export interface Ported {
  kind: 'source' | 'sink' | 'function';
  name: string;
  text: string;
}

interface GoMethod {
  name: string;
  receiver: string;
  signature: string;
  body: string;
  line: number;
}

const KIND_OF: readonly [kind: Ported['kind'], method: RegExp][] = [
  ['function', /^Exec$/],
  ['sink', /^(?:Collect|CollectList)$/],
  ['source', /^(?:Open|Subscribe|Pull)$/],
];

/** Go's methods, of eKuiper 1 and 2, and where they go. */
const TARGETS: Readonly<Record<string, string>> = {
  Provision: 'configure',
  Configure: 'configure',
  Connect: 'open',
  Open: 'open',
  Subscribe: 'open',
  Pull: 'pull',
  Collect: 'collect',
  CollectList: 'collect',
  Close: 'close',
  Validate: 'validate',
  Exec: 'exec',
  IsAggregate: 'isAggregate',
  GetOffset: 'offset',
  Rewind: 'rewind',
};

const CALLS: readonly [go: RegExp, shown: string, ts: string][] = [
  [/\.GetLogger\(\)/, 'ctx.GetLogger().Infof', 'ctx.getLogger().info(text, …values), without %s'],
  [
    /ctx\.(?:PutState|GetState|DeleteState|IncrCounter|GetCounter)\(/,
    'ctx.PutState, IncrCounter, …',
    'ctx.putState, incrCounter, …: synchronous, no error to check',
  ],
  [/cast\.\w+\(/, 'cast.ToInt and friends', 'Number(x), String(x), Boolean(x): values are plain JavaScript'],
  [/time\.(?:NewTicker|Tick)/, 'time.NewTicker', 'setInterval, ended in close()'],
  [/\bgo func/, 'go func', 'an async function or a timer: there are no threads'],
  [/ctx\.Done\(\)/, 'ctx.Done()', 'ctx.signal, which aborts when the instance is closed'],
  [/GetDataLoc|GetRootPath|kconf\./, 'paths of data', "ctx.getRootPath() + '/etc/…'"],
  [/MapToStruct/, 'cast.MapToStruct', 'options: they arrive parsed and checked'],
  [/http\.(?:Get|Post|NewRequest)/, 'net/http', 'fetch, which is built in'],
  [/json\.(?:Unm|M)arshal/, 'encoding/json', 'JSON.parse, JSON.stringify'],
];

/** @throws CliError when it holds no plugin */
export function portGo(source: string, fileName: string): Ported {
  const methods = methodsOf(source);
  const kind = KIND_OF.find(([, pattern]) => methods.some((m) => pattern.test(m.name)))?.[0];
  if (!kind)
    throw new CliError(`${fileName}: no plugin of eKuiper is in it: expect a type with Exec, Collect, Open, Subscribe or Pull.`, 'failed');
  const main = methods.find((m) => KIND_OF.some(([k, pattern]) => k === kind && pattern.test(m.name)))!.receiver;
  const own = methods.filter((m) => m.receiver === main);
  const exported = exportedSymbol(source, main) ?? main.slice(0, 1).toUpperCase() + main.slice(1);
  const singleton = new RegExp(`\\bvar\\s+${exported}\\s+(?:=\\s*&?)?${main}\\b`).test(source);
  const name = exported.slice(0, 1).toLowerCase() + exported.slice(1);
  const fields = new RegExp(`type\\s+${main}\\s+struct\\s*\\{([^}]*)\\}`).exec(source)?.[1] ?? '';
  const options = [...source.matchAll(/(\w+)\s+([\w.[\]]+)\s+`json:"([^",]+)[^`]*`/g)].map(([, , type, key]) => ({
    key: key!,
    type: optionType(type!),
  }));
  const packages = [...(/import\s*\(([^)]*)\)/.exec(source)?.[1] ?? '').matchAll(/"([^"]+)"/g)]
    .map((m) => m[1]!)
    .filter((p) => p.includes('.') && !/ekuiper/.test(p));
  const hints = CALLS.filter(([go]) => own.some((m) => go.test(m.body))).map(([, shown, ts]) => `//   ${shown} → ${ts}`);
  const helper = { function: 'defineFunction', source: 'defineSource', sink: 'defineSink' }[kind];
  const head = [
    `// Ported from ${fileName} by \`kuiper plugin port\`: the Go code is kept as comments where its translation belongs.`,
    ...(singleton
      ? ['// It was one instance for all rules (`var X T`); this makes one for each rule. For one that is shared: export const X = { … }.']
      : []),
    ...(packages.length ? [`// Go packages that need a counterpart: ${packages.join(', ')}`] : []),
    ...(hints.length ? ['// What replaces what:', ...hints] : []),
    `import { ${helper} } from '@kuiper-gateway/plugin';`,
    '',
  ];
  const body = kind === 'function' ? functionBody(exported, own) : componentBody(kind, exported, own, options, fields);
  return { kind, name, text: [...head, ...body, ''].join('\n') };
}

function functionBody(exported: string, methods: readonly GoMethod[]): string[] {
  const of = (name: string) => methods.find((m) => m.name === name);
  const aggregate = /return\s+true/.test(of('IsAggregate')?.body ?? '');
  return [
    `export const ${exported} = defineFunction({`,
    "  doc: '',",
    ...(aggregate ? ["  aggregate: true, // each argument is an array of a window's values"] : []),
    ...(of('Validate')
      ? [
          '  validate(args) {',
          ...commented(of('Validate')!, 4),
          "    if (args.length !== 1) throw new Error('Expect 1 argument.'); // correct the number",
          '  },',
        ]
      : []),
    '  exec(args, ctx) {',
    ...commented(of('Exec')!, 4),
    "    throw new Error('not translated yet');",
    '  },',
    '});',
  ];
}

function componentBody(
  kind: 'source' | 'sink',
  exported: string,
  methods: readonly GoMethod[],
  options: readonly { key: string; type: string }[],
  fields: string,
): string[] {
  const signatures: Readonly<Record<string, string>> = {
    configure: kind === 'source' ? 'configure({ datasource, options, props })' : 'configure({ options, props })',
    open: kind === 'source' ? 'async open(ctx, emit, fail)' : 'async open(ctx)',
    pull: 'async pull(ctx, emit)',
    collect: 'async collect(ctx, data)',
    close: 'async close(ctx)',
    offset: 'offset()',
    rewind: 'rewind(offset)',
  };
  const out = [
    `export const ${exported} = ${kind === 'source' ? 'defineSource' : 'defineSink'}({`,
    "  doc: '',",
    ...(options.length ? ['  options: {', ...options.map((o) => `    ${o.key}: { type: '${o.type}', doc: '' },`), '  },'] : []),
    '  create() {',
    ...fields.split('\n').flatMap((f) => (f.trim() ? [`    // Go: ${f.trim()}`] : [])),
    '    return {',
  ];
  const wanted = new Set([...methods.map((m) => TARGETS[m.name]).filter((t) => t !== undefined), ...(kind === 'sink' ? ['collect'] : [])]);
  for (const target of Object.keys(signatures)) {
    if (!wanted.has(target)) continue;
    out.push(`      ${signatures[target]} {`);
    for (const m of methods.filter((x) => TARGETS[x.name] === target)) out.push(...commented(m, 8));
    if (target !== 'close') out.push("        throw new Error('not translated yet');");
    out.push('      },');
  }
  return [...out, '    };', '  },', '});'];
}

const commented = (m: GoMethod, indent: number): string[] => {
  const pad = ' '.repeat(indent);
  return [
    `${pad}// Go, line ${m.line}: ${m.signature}`,
    ...m.body.split('\n').flatMap((l) => (l.trim() === '' ? [] : [`${pad}// ${l.replaceAll('\t', '  ')}`])),
  ];
};

const optionType = (go: string): string =>
  /^(?:u?int\d*)$/.test(go)
    ? 'int'
    : /^float/.test(go)
      ? 'float'
      : go === 'bool'
        ? 'bool'
        : go === '[]string'
          ? 'string[]'
          : /Duration/.test(go)
            ? 'duration'
            : go === 'string'
              ? 'string'
              : 'any';

/** `func X() api.Source { return &x{} }`, `var X x` */
function exportedSymbol(source: string, type: string): string | undefined {
  const maker = [...source.matchAll(/^func\s+([A-Z]\w*)\s*\(\s*\)\s*[\w.]+\s*\{([\s\S]*?)^\}/gm)].find(([, , body]) =>
    new RegExp(`\\b${type}\\b`).test(body!),
  );
  return maker?.[1] ?? new RegExp(`^var\\s+([A-Z]\\w*)\\s+(?:=\\s*&?)?${type}\\b`, 'm').exec(source)?.[1];
}

function methodsOf(source: string): GoMethod[] {
  const out: GoMethod[] = [];
  for (const m of source.matchAll(/^func\s*\(\s*\w*\s*\*?(\w+)\s*\)\s*(\w+)\s*\(/gm)) {
    const open = bodyStart(source, m.index);
    if (open < 0) continue;
    const close = matching(source, open);
    out.push({
      receiver: m[1]!,
      name: m[2]!,
      signature: source.slice(m.index, open).trim(),
      body: source.slice(open + 1, close).replace(/^\n+|\s+$/g, ''),
      line: source.slice(0, m.index).split('\n').length,
    });
  }
  return out;
}

/** The brace that opens a body: not one of `interface{}` in the signature. */
function bodyStart(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return source.lastIndexOf('{', end < 0 ? source.length : end);
}

function matching(source: string, open: number): number {
  let depth = 0;
  for (let i = open; i < source.length; i++) {
    const c = source[i];
    if (c === '"' || c === '`') {
      const close = source.indexOf(c, i + 1);
      if (close < 0) break;
      i = close;
    } else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return i;
  }
  return source.length;
}
