// A connector folder exports one of these from its index.ts; src/connectors/index.ts lists the names with lazy imports.
import type { OptionSpec, Props } from './props.ts';
import type { SinkDefinition } from './sink.ts';
import type { LookupDefinition, SourceDefinition } from './source.ts';

export interface ConnectorDefinition {
  name: string;
  source?: SourceDefinition;
  sink?: SinkDefinition;
  lookup?: LookupDefinition;
  /** Named connections of this type (REST /connections): options and a probe. */
  connection?: {
    options: readonly OptionSpec[];
    /** Tries to connect once. @throws an error that says what to do */
    test(props: Props, signal: AbortSignal): Promise<void>;
  };
}

export const defineConnector = (d: ConnectorDefinition): ConnectorDefinition => d;

/** One line per connector; the code is loaded on first use. */
export interface ConnectorEntry {
  name: string;
  /** What it offers, known without loading. */
  offers: readonly ('source' | 'sink' | 'lookup')[];
  /** Its lookup tables are filled by what arrives: they are open as long as they exist, not only while rules join them. */
  standing?: true;
  /** A plugin has a part in it. */
  plugin?: true;
  load(): Promise<ConnectorDefinition>;
}
