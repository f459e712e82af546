// Counts which branches ran: a loader hook adds a counter to each function and branch of the watched files while they are loaded, on the line
// where it stands, so that places in stacks stay right. Asking V8's precise coverage instead costs milliseconds per question, however little ran;
// this costs some nanoseconds per branch, and tells about each input by itself. Used by worker.ts.
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

/** Room for the branches of all watched files. */
const MAX_BRANCHES = 1 << 17;
/** Name of the counters in the code under test: a global, which the compiler takes for a constant. */
const NAME = '$branches';

export interface Branches {
  /** How often each branch ran since the counters were last set to 0. */
  readonly counts: Uint32Array;
  /** Counters in use: grows while files are loaded. */
  readonly used: number;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** Text to insert, by place. */
interface Inserts {
  opens: Map<number, string>;
  closes: Map<number, string>;
}

/** Counts in the watched files that are loaded from now on, in this thread. */
export function countBranches(files: RegExp): Branches {
  const counts = new Uint32Array(MAX_BRANCHES);
  let used = 0;
  Object.defineProperty(globalThis, NAME, { value: counts });
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:') || !files.test(fileURLToPath(url)) || loaded.source === undefined || loaded.source === null)
        return loaded;
      const { format } = loaded;
      if (format !== 'module' && format !== 'commonjs' && format !== 'module-typescript' && format !== 'commonjs-typescript') return loaded;
      const code = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
      const source = instrument(code, format.endsWith('typescript') ? 'ts' : 'js', () => {
        if (used === MAX_BRANCHES) throw new Error(`the watched files hold more than ${MAX_BRANCHES} branches`);
        return used++;
      });
      return { ...loaded, source };
    },
  });
  return {
    counts,
    get used() {
      return used;
    },
  };
}

/** @returns the same code with a counter in each function and branch
 *  @param next number of the next counter */
export function instrument(code: string, lang: 'ts' | 'js', next: () => number): string {
  const inserts: Inserts = { opens: new Map(), closes: new Map() };
  const { opens, closes } = inserts;
  const open = (at: number, text: string) => opens.set(at, (opens.get(at) ?? '') + text);
  // what is inside ends first
  const close = (at: number, text: string) => closes.set(at, text + (closes.get(at) ?? ''));
  const counter = () => `${NAME}[${next()}]++`;
  const expression = (node: Node) => {
    open(node.start, `(${counter()},`);
    close(node.end, ')');
  };
  const statement = (node: Node) => {
    if (node.type === 'BlockStatement') {
      open(node.start + 1, `${counter()};`);
      return;
    }
    open(node.start, `{${counter()};`);
    close(node.end, '}');
  };
  const body = (block: Node) => {
    const directives = (block['body'] as Node[]).filter((s) => s['directive'] !== undefined);
    open(directives.at(-1)?.end ?? block.start + 1, `;${counter()};`);
  };
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const inner = node['body'] as Node | null;
        if (inner === null) break; // only a signature
        if (inner.type === 'BlockStatement') body(inner);
        else expression(inner);
        break;
      }
      case 'IfStatement':
        statement(node['consequent'] as Node);
        if (node['alternate']) statement(node['alternate'] as Node);
        break;
      case 'ConditionalExpression':
        expression(node['consequent'] as Node);
        expression(node['alternate'] as Node);
        break;
      case 'LogicalExpression':
        expression(node['right'] as Node);
        break;
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        statement(node['body'] as Node);
        break;
      case 'SwitchCase': {
        const first = (node['consequent'] as Node[])[0];
        if (first) open(first.start, `${counter()};`);
        break;
      }
      case 'CatchClause':
        statement(node['body'] as Node);
        break;
    }
    for (const key in node) {
      const child = node[key];
      if (Array.isArray(child)) {
        for (const c of child) if (isNode(c)) visit(c);
      } else if (isNode(child)) visit(child);
    }
  };
  visit(parseAst(code, { lang, sourceType: 'unambiguous' as 'module', preserveParens: true }) as unknown as Node);
  const places = [...new Set([...opens.keys(), ...closes.keys()])].sort((a, b) => a - b);
  let out = '';
  let from = 0;
  for (const at of places) {
    out += code.slice(from, at) + (closes.get(at) ?? '') + (opens.get(at) ?? '');
    from = at;
  }
  return out + code.slice(from);
}

const isNode = (v: unknown): v is Node => typeof v === 'object' && v !== null && typeof (v as Node).type === 'string';
