// What an import or a restore is to make of the gateway. Filled by target.ts, backup/payload.ts and apply; carried out by importer.ts.
import type { ComponentKind } from '../../config/index.ts';
import type { Props } from '../../contract/props.ts';
import type { SourceKind } from '../../sql/index.ts';
import type { StoreChange } from '../../store/index.ts';
import type { ReportItem } from './report.ts';
import type { SHADOWED } from './shadow.ts';

/** What there shall be. Names and texts as somebody else wrote them; nothing is checked yet. */
export interface ImportTarget {
  /** `sources_random` → JSON of name and archive. */
  plugins: Readonly<Record<string, string>>;
  /** `protobuf_name` → JSON. */
  schemas: Readonly<Record<string, string>>;
  /** name → JSON with content. */
  uploads: Readonly<Record<string, string>>;
  /** name → JSON of name and archive. */
  portables: Readonly<Record<string, string>>;
  services: Readonly<Record<string, string>>;
  /** id → JSON of the function. */
  scripts: Readonly<Record<string, string>>;
  confKeys: readonly { kind: ComponentKind; type: string; key: string; props: Props }[];
  connections: readonly { id: string; typ: string; props: Props }[];
  sources: readonly { kind: SourceKind; name: string; sql: string }[];
  rules: Readonly<Record<string, string>>;
  /** Rules that were stored by a version without option sqlCompatibility: they keep eKuiper's answers. */
  legacyRules: ReadonlySet<string>;
  /** name → row of the table of secrets. Undefined: it says nothing about them, those that there are stay. */
  secrets: Readonly<Record<string, string>> | undefined;
  /** What cannot be taken, with the reason. */
  refused: readonly ReportItem[];
  notes: readonly string[];
  /** Of a backup: files as they were. */
  files: readonly TargetFile[];
  /** Of a backup: files below these folders that are not in it go. */
  folders: readonly string[];
  /** Of a backup: rows of further tables. */
  rows: readonly StoreChange[];
  /** Of an apply: what goes although the rest stays. */
  removals: readonly { table: (typeof SHADOWED)[number]; key: string }[];
  removedFiles: readonly string[];
  /** Stored rules that are checked again, since what they read may change. */
  recheck: readonly string[];
}

export interface TargetFile {
  path: string;
  content: Uint8Array;
  mode: number;
  /** Not before everything else is done: settings, tokens. */
  after: boolean;
}
