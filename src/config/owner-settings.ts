// What the owner of a device set of kuiper.yaml, over gateway.yaml, REST or the command line: a file of its own above kuiper.yaml, so that neither
// an update nor a person's comments are touched. Read by load-settings.ts, written by service/owner-settings.ts and provisioning.
import type { GatewayError } from '../base/errors/gateway-error.ts';
import { ignoredPaths } from './absent-settings.ts';
import { isMap } from './environment.ts';
import { convert } from './load-settings.ts';
import { passedSections, settingSpecs } from './setting-specs.ts';
import type { YamlMap } from './yaml-file.ts';

type Suggest = (name: string, candidates: readonly string[]) => string | undefined;

export interface SettingProblem {
  path: readonly string[];
  text: string;
}

/** Names that may stand at a path. */
function namesAt(parent: string): string[] {
  const below = [...settingSpecs.map((s) => s.path), ...Object.keys(passedSections)].filter((p) =>
    p.toLowerCase().startsWith(parent.toLowerCase()),
  );
  return [...new Set(below.map((p) => p.slice(parent.length).split('.')[0]!))];
}

/** @param suggest the candidate that a misspelt name means
 *  @returns what is wrong with settings before they are stored; empty when the gateway takes them all */
export function checkOwnerSettings(data: YamlMap, suggest: Suggest = () => undefined): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const sections = new Map(Object.entries(passedSections).map(([name, keys]) => [name.toLowerCase(), keys] as const));
  const walk = (map: YamlMap, path: string[]): void => {
    for (const [key, value] of Object.entries(map)) {
      const at = [...path, key];
      const dotted = at.join('.').toLowerCase();
      const spec = settingSpecs.find((s) => s.path.toLowerCase() === dotted);
      const section = path.length === 0 ? sections.get(dotted) : undefined;
      if (spec) {
        if (value === null) continue;
        if (spec.secret) {
          problems.push({
            path: at,
            text: 'this is a secret, and the file can be read by others; give it in kuiper.yaml or in the environment of the service',
          });
          continue;
        }
        try {
          convert(spec, value, () => '');
        } catch (error) {
          problems.push({ path: at, text: String((error as GatewayError).params?.['problem'] ?? (error as Error).message) });
        }
      } else if (section && isMap(value)) {
        for (const name of Object.keys(value))
          if (!section.some((s) => s.toLowerCase() === name.toLowerCase()))
            problems.push({ path: [...at, name], text: unknown(name, [...section], suggest) });
      } else if (isMap(value) && namesAt(`${at.join('.')}.`).length > 0) walk(value, at);
      else if (!ignoredPaths.some((p) => p.toLowerCase() === dotted))
        problems.push({
          path: at,
          text:
            namesAt(`${at.join('.')}.`).length > 0
              ? 'expected settings below it'
              : unknown(key, namesAt(path.map((p) => `${p}.`).join('')), suggest),
        });
    }
  };
  walk(data, []);
  return problems;
}

function unknown(name: string, candidates: readonly string[], suggest: Suggest): string {
  const near = suggest(name, candidates);
  return `there is no setting of this name${near ? `. Did you mean "${near}"?` : candidates.length > 0 ? `; here are: ${candidates.join(', ')}` : ''}`;
}
