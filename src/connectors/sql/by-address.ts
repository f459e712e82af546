// Chooses between SQLite and the database servers by `dburl`, when the properties come. Used by index.ts.
import type { Props } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import type { LookupSource, Source } from '../../contract/source.ts';
import { serverAddress } from './server/dburl.ts';

/** True for the address of a database server. @throws Error for one that lacks a host or a database */
export function isServer(props: Props): boolean {
  const byName = new Map(Object.entries(props).map(([name, value]) => [name.toLowerCase(), value]));
  const dburl = byName.get('dburl') ?? byName.get('url');
  return typeof dburl === 'string' && serverAddress(dburl) !== undefined;
}

export function sourceByAddress(sqlite: () => Source, server: () => Source): Source {
  let chosen: Source | undefined;
  return {
    configure(datasource, props) {
      chosen = isServer(props) ? server() : sqlite();
      return chosen.configure?.(datasource, props);
    },
    open: (ctx, emit, fail) => chosen!.open(ctx, emit, fail),
    close: (ctx, reason) => chosen?.close(ctx, reason),
    offset: () => chosen?.offset?.(),
    rewind: (offset) => chosen?.rewind?.(offset),
    resetOffset: (values) => chosen?.resetOffset?.(values),
  };
}

export function sinkByAddress(sqlite: () => Sink, server: () => Sink): Sink {
  let chosen: Sink | undefined;
  return {
    configure(props) {
      chosen = isServer(props) ? server() : sqlite();
      return chosen.configure?.(props);
    },
    open: (ctx, fail) => chosen!.open(ctx, fail),
    collect: (ctx, data, dynamic, atMs) => chosen!.collect(ctx, data, dynamic, atMs),
    close: (ctx) => chosen?.close(ctx),
  };
}

export function lookupByAddress(sqlite: () => LookupSource, server: () => LookupSource): LookupSource {
  let chosen: LookupSource | undefined;
  return {
    configure(datasource, props) {
      chosen = isServer(props) ? server() : sqlite();
      return chosen.configure?.(datasource, props);
    },
    open: (ctx) => chosen!.open(ctx),
    lookup: (ctx, fields, keys, values) => chosen!.lookup(ctx, fields, keys, values),
    close: (ctx) => chosen?.close(ctx),
  };
}
