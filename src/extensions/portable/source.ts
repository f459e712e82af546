// A source of a portable plugin as the runtime sees it: the plugin pushes JSON with `message` and `meta` to a socket that is ours. One that stops by an
// error while its process runs is started again; one that has come to its end stays so. Made by connector.ts.
import { rmSync } from 'node:fs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Props } from '../../contract/props.ts';
import type { Emit, Source } from '../../contract/source.ts';
import { setMember } from '../../data/set-member.ts';
import type { Row, Value } from '../../data/value.ts';
import { createIntake, type Intake } from './intake.ts';
import { metaOf, pathOf } from './meta.ts';
import type { PluginProcess, SymbolOwner } from './plugin-process.ts';
import { type Listening, listenPull } from './sp-socket.ts';

/** The last words of a plugin arrive a moment after its socket is closed. */
const LAST_WORDS_MS = 300;

export function createPortableSource(symbolName: string, processOf: () => PluginProcess): Source {
  let datasource = '';
  let props: Props = {};
  let process: PluginProcess | undefined;
  let socket: Listening | undefined;
  let intake: Intake | undefined;
  let path = '';
  let owner: SymbolOwner | undefined;
  return {
    configure(to, given) {
      datasource = to;
      props = given;
    },
    async open(ctx: ConnectorContext, emit: Emit) {
      const meta = metaOf(ctx);
      path = pathOf(meta);
      process = processOf();
      /** It sent an error itself, in its present run. */
      let reported = false;
      intake = createIntake({
        clock: ctx.clock,
        take: (message) => take(message, emit, ctx, () => (reported = true)),
        discarded: () => ctx.dropped(1, 'the rules are behind, and a portable plugin cannot wait'),
      });
      const { push } = intake;
      const mine: SymbolOwner = {
        lost: (error) => ctx.status('disconnected', error.message),
        back() {
          reported = false;
          ctx.status('connected');
        },
      };
      const stopped = async () => {
        await ctx.clock.sleep(LAST_WORDS_MS);
        if (owner !== mine) return;
        ctx.status('disconnected', 'the source of the portable plugin has stopped');
        if (reported || process?.complained) process?.stopped(mine);
        else ctx.log.info({ source: symbolName }, 'A source of a portable plugin has come to its end.');
      };
      socket = await listenPull(path, push, () => void stopped());
      owner = mine;
      await process.run({ symbolName, pluginType: 'source', meta, dataSource: datasource, datasource, config: props }, owner);
      ctx.status('connected');
    },
    async close() {
      const ending = owner;
      owner = undefined;
      intake?.close();
      socket?.close();
      socket = undefined;
      if (ending) await process?.end(ending);
      if (path !== '') rmSync(path, { force: true });
    },
  };
}

/** Numbers of JSON are floats, as for any message in JSON. */
function take(message: Buffer, emit: Emit, ctx: ConnectorContext, reported: () => void): void | Promise<void> {
  let given: { message?: unknown; meta?: unknown; error?: unknown };
  try {
    given = JSON.parse(message.toString()) as typeof given;
  } catch (error) {
    ctx.log.warn({ cause: messageOf(error), code: 'PORTABLE_DATA' }, 'A portable plugin sent something other than JSON.');
    ctx.dropped(1, 'not JSON');
    return;
  }
  if (typeof given.message !== 'object' || given.message === null) {
    ctx.log.warn({ cause: String(given.error ?? 'no message'), code: 'PORTABLE_DATA' }, 'A portable plugin reports an error.');
    reported();
    ctx.dropped(1, 'error of the plugin');
    return;
  }
  const meta = typeof given.meta === 'object' && given.meta !== null ? (given.meta as Record<string, Value>) : undefined;
  return emit(plainRow(given.message as Row), meta as never);
}

/** `__proto__` of a message is a member like others. */
function plainRow(row: Row): Row {
  if (!Object.hasOwn(row, '__proto__')) return row;
  const out: Row = {};
  for (const [key, value] of Object.entries(row)) setMember(out, key, value);
  return out;
}
