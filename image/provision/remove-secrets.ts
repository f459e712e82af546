// Takes the secrets out of gateway.yaml after use; everything else, comments too, stays as the person wrote it.
import { type Document, isScalar } from 'yaml';
import { REMOVED } from './settings.ts';

/** @returns the new text, or undefined when there is no secret in it */
export function removeSecrets(document: Document): string | undefined {
  let found = false;
  const clear = (path: readonly (string | number)[]) => {
    const node = document.getIn(path, true);
    if (!isScalar(node) || node.value === REMOVED || node.value === 'generate' || node.value === null) return;
    node.value = REMOVED;
    node.type = 'QUOTE_DOUBLE';
    found = true;
  };
  clear(['mqtt', 'password']);
  const networks = (document.toJS() as { network?: { wifi?: { networks?: unknown } } } | null)?.network?.wifi?.networks;
  for (const i of Array.isArray(networks) ? networks.keys() : []) clear(['network', 'wifi', 'networks', i, 'password']);
  return found ? document.toString({ lineWidth: 0 }) : undefined;
}
