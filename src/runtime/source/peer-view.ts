// What a source says of its peer when a person asks: where it reads, and what else there is. Held by source-node.ts; read by status and diagnosis.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Source, SourceFound, SourceReads } from '../../contract/source.ts';
import type { SourceSpec } from '../definition.ts';
import type { Link } from '../link/link.ts';

export class PeerView {
  /** Answer of the last search. */
  found: SourceFound | undefined;
  private readonly source: Source;
  private readonly spec: SourceSpec;
  private readonly context: ConnectorContext;
  private readonly link: Link;
  private searching: Promise<SourceFound> | undefined;

  constructor(source: Source, spec: SourceSpec, context: ConnectorContext, link: Link) {
    this.source = source;
    this.spec = spec;
    this.context = context;
    this.link = link;
  }

  reads(): SourceReads {
    return this.source.reads?.() ?? { peer: '', what: `${this.spec.type} ${this.spec.datasource}`.trim() };
  }

  /** What it does not give, in sentences. */
  notes(): readonly string[] {
    return this.source.notes?.() ?? [];
  }

  /** Looks for what a person may have meant instead; undefined where the connector cannot, or the connection is away. One search at a time. */
  search(): Promise<SourceFound | undefined> {
    if (!this.source.search || this.link.connection.state !== 'connected') return Promise.resolve(undefined);
    this.searching ??= this.source
      .search(this.context)
      .catch((error: unknown): SourceFound => ({ places: [], lookedMs: 0, problem: messageOf(error) }))
      .then((found) => {
        this.found = found;
        this.searching = undefined;
        return found;
      });
    return this.searching;
  }
}
