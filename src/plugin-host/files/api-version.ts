// The contract that a plugin was written for (`export const apiVersion = '1.0'`, or told by the helpers of the kit), against the one that this
// gateway offers. Checked when a version is loaded, so that a plugin from the future says so instead of failing at some row.
import { API_VERSION } from '../../plugin-kit/runtime.ts';

/** @param version undefined: the plugin says nothing, which is 1.0  @throws Error with the cure */
export function checkApiVersion(version: string | undefined): void {
  if (version === undefined) return;
  const wanted = partsOf(version);
  const [major, minor] = partsOf(API_VERSION)!;
  if (!wanted) throw new Error(`apiVersion "${version}" is not a version; write \`export const apiVersion = '${API_VERSION}'\``);
  if (wanted[0] === major && wanted[1] <= minor) return;
  const later = wanted[0] > major || (wanted[0] === major && wanted[1] > minor);
  throw new Error(
    `it was written for plugin API ${version}, and this gateway offers ${API_VERSION}; ${
      later
        ? `update the gateway, or build the plugin with @kuiper-gateway/plugin ${major}`
        : 'build it with a current @kuiper-gateway/plugin'
    }`,
  );
}

function partsOf(version: string): [major: number, minor: number] | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.\d+)?$/.exec(version);
  return match ? [Number(match[1]), Number(match[2] ?? 0)] : undefined;
}
