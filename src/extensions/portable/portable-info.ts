// NAME.json of a portable plugin: what it is and which symbols it has. Texts of refusals are eKuiper's. Used by portable-plugins.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';

export interface PortableInfo {
  name: string;
  version: string;
  language: 'go' | 'python';
  /** Path below the plugin's folder. */
  executable: string;
  virtualEnvType?: string;
  env?: string;
  sources: readonly string[];
  sinks: readonly string[];
  functions: readonly string[];
}

const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });

/** @throws GatewayError SERVICE_REFUSED */
export function parsePortableInfo(name: string, text: string): PortableInfo {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw refuse(`invalid json file ${name}.json: ${messageOf(error)}`);
  }
  const own = given['name'] ?? name;
  if (own !== name) throw refuse(`invalid plugin, expect name '${name}' but got '${String(own)}'`);
  const { language, executable } = given;
  if (typeof language !== 'string' || language === '') throw refuse('invalid plugin, missing language');
  if (typeof executable !== 'string' || executable === '') throw refuse('invalid plugin, missing executable');
  const list = (key: string): string[] => {
    const value = given[key] ?? [];
    if (!Array.isArray(value) || value.some((v) => typeof v !== 'string' || !/^[A-Za-z0-9_]+$/.test(v)))
      throw refuse(`invalid plugin, ${key} must be a list of names`);
    return value as string[];
  };
  const [sources, sinks, functions] = [list('sources'), list('sinks'), list('functions')];
  if (sources.length + sinks.length + functions.length === 0)
    throw refuse('invalid plugin, must define at lease one source, sink or function');
  if (language !== 'go' && language !== 'python') throw refuse(`invalid plugin, language '${language}' is not supported`);
  const virtualEnvType = typeof given['virtualEnvType'] === 'string' ? given['virtualEnvType'] : undefined;
  if (virtualEnvType !== undefined && virtualEnvType !== 'conda') throw refuse(`unsupported virtual type: ${virtualEnvType}`);
  return {
    name,
    version: typeof given['version'] === 'string' ? given['version'] : '',
    language,
    executable,
    ...(virtualEnvType && { virtualEnvType, env: typeof given['env'] === 'string' ? given['env'] : '' }),
    sources,
    sinks,
    functions,
  };
}
