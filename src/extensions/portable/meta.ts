// Names of the sockets between a rule and a portable plugin. The SDK makes paths of ruleId, opId and instanceId, below /tmp; so they must be short, hold no
// slash and differ for each instance. Used by source.ts and sink.ts.
import { createHash } from 'node:crypto';
import type { ConnectorContext } from '../../contract/context.ts';
import { type PluginSymbol, SOCKET_FOLDER } from './plugin-process.ts';

/** A Unix socket has 108 bytes for its path. */
const MAX_NAME_CHARS = 30;

const short = (name: string): string =>
  /^[A-Za-z0-9_.-]+$/.test(name) && name.length <= MAX_NAME_CHARS
    ? name
    : createHash('sha256').update(name).digest('hex').slice(0, MAX_NAME_CHARS);

export function metaOf(ctx: ConnectorContext): PluginSymbol['meta'] {
  return { ruleId: short(ctx.getRuleId()), opId: short(ctx.getOpId()), instanceId: ctx.getInstanceId() };
}

export const pathOf = ({ ruleId, opId, instanceId }: PluginSymbol['meta'], end = ''): string =>
  `${SOCKET_FOLDER}/${ruleId}_${opId}_${instanceId}${end}.ipc`;
