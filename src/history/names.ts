// Names of series and fields, each with its number in the file and its latest value. Kept in memory while the historian is open. Used by box.ts.
import { rowError } from '../base/errors/gateway-error.ts';
import { shownValue } from '../base/shown.ts';
import type { SeriesInfo, StoredValue } from '../contract/history.ts';

const MAX_LENGTH = 200;

export interface Name {
  readonly id: number;
  readonly series: string;
  readonly field: string;
  /** It is in the file; until then each write brings it along. */
  stored: boolean;
  last: { atMs: number; value: StoredValue } | undefined;
}

export class Names {
  private readonly maxNames: number;
  private readonly bySeries = new Map<string, Map<string, Name>>();
  private count = 0;
  private nextId = 1;

  constructor(maxNames: number) {
    this.maxNames = maxNames;
  }

  load(rows: readonly { id: number; series: string; field: string }[]): void {
    for (const r of rows) {
      this.put({ ...r, stored: true, last: undefined });
      this.nextId = Math.max(this.nextId, r.id + 1);
    }
  }

  /** The file is another one: each name must be brought again. */
  forgetStored(): void {
    for (const name of this.all()) name.stored = false;
  }

  /** @throws rowError for what makes no name, and for one more than there may be */
  get(series: string, field: string): Name {
    const known = this.bySeries.get(series)?.get(field);
    if (known) return known;
    check('series', series);
    check('field', field);
    if (this.count >= this.maxNames)
      throw rowError(`history: there are ${this.count} fields of series already, and ${this.maxNames} is the bound`, 'VALUE_REFUSED');
    return this.put({ id: this.nextId++, series, field, stored: false, last: undefined });
  }

  /** @param fields empty: all  @returns undefined when there is no such series */
  of(series: string, fields: readonly string[] = []): Name[] | undefined {
    const known = this.bySeries.get(series);
    if (!known) return undefined;
    return fields.length === 0 ? [...known.values()] : fields.flatMap((f) => known.get(f) ?? []);
  }

  remove(series: string): void {
    this.count -= this.bySeries.get(series)?.size ?? 0;
    this.bySeries.delete(series);
  }

  *all(): Iterable<Name> {
    for (const fields of this.bySeries.values()) yield* fields.values();
  }

  info(): SeriesInfo[] {
    return [...this.bySeries]
      .map(([series, fields]) => ({ series, fields: lastOf(fields.values()) }))
      .filter(({ fields }) => Object.keys(fields).length > 0)
      .sort((a, b) => (a.series < b.series ? -1 : 1));
  }

  private put(name: Name): Name {
    let fields = this.bySeries.get(name.series);
    if (!fields) this.bySeries.set(name.series, (fields = new Map()));
    fields.set(name.field, name);
    this.count++;
    return name;
  }
}

const lastOf = (names: Iterable<Name>): SeriesInfo['fields'] =>
  Object.fromEntries([...names].filter((n) => n.stored).map((n) => [n.field, n.last ?? null]));

function check(what: string, text: string): void {
  if (text === '' || text.length > MAX_LENGTH || /\p{Cc}/u.test(text))
    throw rowError(`history: ${shownValue(text)} is not a name for a ${what} (1 to ${MAX_LENGTH} characters)`, 'VALUE_REFUSED');
}
