// Reads a plugin file and makes JavaScript of it: types are stripped here, once, so that workers need no TypeScript (10 MB less each).
// The text is handed to worker/load-module.ts, which evaluates it in this thread or in a worker.

import { readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { ModuleText } from '../worker/load-module.ts';
import { withCure } from './load-cures.ts';
import { stripTypes } from './strip-types.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** Stands for a content: in quarantine, in decisions on trust. 128 bits, since somebody may look for a second file with the same one. */
export const contentHash = (bytes: Uint8Array): string => nodeCrypto().createHash('sha256').update(bytes).digest('hex').slice(0, 32);

/** @param known gives the JavaScript of a content that was read before
 *  @throws PLUGIN_SYNTAX with file and line */
export function readPluginSource(path: string, known?: (hash: string) => ModuleText | undefined): ModuleText {
  const bytes = readFileSync(path);
  if (bytes.length > MAX_BYTES) throw new GatewayError('PLUGIN_SYNTAX', { file: path, problem: `it is larger than ${MAX_BYTES} bytes` });
  const hash = contentHash(bytes);
  const before = known?.(hash);
  if (before) return before;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new GatewayError('PLUGIN_SYNTAX', { file: path, problem: 'it is UTF-16; save it as UTF-8' });
  const text = bytes.toString('utf8');
  const code = /\.[cm]?ts$/.test(path) ? strip(text, path) : text;
  return { path, hash, code, format: formatOf(path, code) };
}

function strip(text: string, path: string): string {
  try {
    return stripTypes(text);
  } catch (error) {
    throw new GatewayError('PLUGIN_SYNTAX', { file: path, problem: placed(error, path) }, { cause: error });
  }
}

/** ESM or CommonJS, by the extension or else by the syntax: a bare `.js` may be either, whatever package.json lies above it.
 *  @throws PLUGIN_SYNTAX when it is neither */
function formatOf(path: string, code: string): 'module' | 'commonjs' {
  if (/\.c[jt]s$/.test(path)) return 'commonjs';
  if (/\.m[jt]s$/.test(path)) return 'module';
  try {
    compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: path });
    return 'commonjs';
  } catch (error) {
    const text = messageOf(error);
    if (/Cannot use import statement|Unexpected token 'export'|import\.meta|await is only valid/.test(text)) return 'module';
    // keywords of modules far down are not reached when something before is wrong
    if (/^\s*(?:import|export)\b/m.test(code)) return 'module';
    throw new GatewayError('PLUGIN_SYNTAX', { file: path, problem: placed(error, path) }, { cause: error });
  }
}

/** Message with the line, which V8 and the stripper put into the first lines of the stack. */
export function placed(error: unknown, path: string): string {
  const text = messageOf(error).replace(/\s+/g, ' ').trim();
  const line = lineIn(error, path) ?? ((error as Error | undefined)?.name === 'SyntaxError' ? lineOfSyntaxError(path) : undefined);
  return withCure(line === undefined ? text : `line ${line}: ${text}`, codeOf(path));
}

/** For explanations: a file that has gone needs none. */
function codeOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function lineIn(error: unknown, path: string): string | undefined {
  const stack = (error as Error | undefined)?.stack ?? '';
  const own = /^:(\d+)\n/.exec(stack)?.[1];
  if (own !== undefined) return own;
  const at = stack.indexOf(path);
  return at < 0 ? undefined : /^(?:\?[^:\s]*)?:(\d+)/.exec(stack.slice(at + path.length))?.[1];
}

/** V8 does not say where a module's syntax is wrong; the stripper, which reads JavaScript as well, does. */
function lineOfSyntaxError(path: string): string | undefined {
  try {
    stripTypes(readFileSync(path, 'utf8'));
    return undefined;
  } catch (error) {
    return lineIn(error, path);
  }
}
