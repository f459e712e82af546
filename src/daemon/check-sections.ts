// The sections of kuiper.yaml that are passed on to rules and sinks as they are: checked at the start and at a reload with the checks of
// the runtime, so that a slip is told with its place and not by the first rule that is made. Called by configuration.ts.
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { LoadedSettings } from '../config/index.ts';
import { parseCacheProps, parseRuleOptions } from '../runtime/index.ts';

/** @throws GatewayError CONFIG_VALUE with file and line */
export function checkSections({ settings, placeOf }: Pick<LoadedSettings, 'settings' | 'placeOf'>): void {
  const attempt = (key: string, work: () => unknown) => {
    try {
      work();
    } catch (error) {
      const problem = messageOf(error).replace(/^Rule .*? has invalid options: /, '');
      throw new GatewayError('CONFIG_VALUE', { place: placeOf(key), key, problem }, { cause: error });
    }
  };
  for (const [name, value] of Object.entries(settings.rule)) attempt(`rule.${name}`, () => parseRuleOptions('', { [name]: value }));
  attempt('rule', () => parseRuleOptions('', settings.rule));
  attempt('sink', () => parseCacheProps({}, settings.sink));
}
