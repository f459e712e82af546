// Action archive: rows become files of Parquet, Avro or lines. A row is delivered when it is safe in a journal on this disk; a journal that is full or old is
// made into a file by a thread, and the file goes to its folder or is uploaded. What is not finished at a stop is finished at the next start.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { type OwnPlaces, ownFolderOf, ownPlaces, realOf } from '../../base/files/own-places.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import { rowsRefused, type Sink } from '../../contract/sink.ts';
import type { Row } from '../../data/value.ts';
import { rowsOf } from '../batch-shared/payload.ts';
import { createHttpClient, type HttpClient } from '../http-shared/client.ts';
import { columnTypes, lineOf } from './columns.ts';
import { extensionOf } from './encode.ts';
import { encodeFile } from './finish.ts';
import { Journal } from './journal.ts';
import { type ArchiveProps, archiveOptions } from './options.ts';
import { createUploader, type Uploader } from './s3.ts';

const RETRY = { firstMs: 1000, maxMs: 60_000 };

export function createArchiveSink(): Sink {
  let props: ArchiveProps;
  let ctx: ConnectorContext;
  let folder: string;
  let target: string;
  let places: OwnPlaces;
  let journal: Journal | undefined;
  let client: HttpClient | undefined;
  let uploader: Uploader | undefined;
  let backoff: Backoff;
  let age: TimerHandle | undefined;
  let retry: TimerHandle | undefined;
  /** Journals that take no more rows, oldest first. */
  let full: string[] = [];
  let fullBytes = 0;
  let working: Promise<void> | undefined;
  let closed = true;
  let problem = '';
  let files = 0;
  let lastMs = 0;

  return {
    configure(raw) {
      props = parseOptions<ArchiveProps>('archive sink', archiveOptions, raw);
      for (const [name, type] of Object.entries(props.columns)) {
        if (!columnTypes.includes(type))
          throw new Error(`columns: ${name} has the type ${String(type)}; there are ${columnTypes.join(', ')}`);
        if (props.format === 'avro') checkAvroName(name);
      }
      if (props.bucket !== '') {
        if (!URL.canParse(props.endpoint) || !/^https?:$/.test(new URL(props.endpoint).protocol))
          throw new Error(`endpoint "${props.endpoint}" must begin with http:// or https://`);
        if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(props.bucket))
          throw new Error(`bucket "${props.bucket}" is not a name for a bucket`);
        if (props.accessKeyId === '' || props.secretAccessKey === '')
          throw new Error('accessKeyId and secretAccessKey are required with bucket');
        if (/^\/|(^|\/)\.{0,2}(\/|$)/.test(props.path)) throw new Error(`path "${props.path}" is not the begin of names in a bucket`);
      } else {
        const own = ownFolderOf(props.path);
        if (own) throw new Error(`property path: ${own} belongs to the gateway: no rule writes there`);
      }
    },

    async open(given) {
      ctx = given;
      closed = false;
      const root = ctx.getRootPath();
      folder = join(root, 'data', 'archive', `${safeName(ctx.getRuleId())}_${safeName(ctx.getOpId())}`);
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      places = ownPlaces(root);
      target = resolve(root, props.path);
      backoff = createBackoff(RETRY);
      if (props.bucket !== '') {
        client = createHttpClient(props, () => ctx.network?.enablePrivateNet ?? false);
        uploader = createUploader(props, client, ctx.signal);
      } else await checkTarget();
      const left = readdirSync(folder).filter((f) => f.endsWith('.rows')).sort(); // biome-ignore format: one line
      full = left.map((f) => join(folder, f));
      fullBytes = full.reduce((sum, f) => sum + statSync(f).size, 0);
      work();
      ctx.status('connected');
    },

    async collect(_ctx, data) {
      const rows = rowsOf(data);
      const refused: Row[] = [];
      let why: unknown;
      const lines = rows.flatMap((row) => {
        try {
          if (props.format === 'avro') for (const name of Object.keys(row)) checkAvroName(name);
          return [lineOf(row, props.columns)];
        } catch (error) {
          refused.push(row);
          why ??= error;
          return [];
        }
      });
      if (lines.length > 0) {
        if (fullBytes >= props.maxWaitingBytes)
          throw ioError(
            `archive: ${fullBytes} bytes wait to be finished, the bound is ${props.maxWaitingBytes}${problem ? `: ${problem}` : ''}`,
          );
        // what is safe in one that broke is finished, and the next one begins
        if (journal?.isBroken) roll();
        if (!journal) begin();
        const safe = journal!.add(lines);
        if (journal!.rows >= props.rollingCount || journal!.bytes >= props.rollingBytes) roll();
        await safe;
      }
      if (refused.length === rows.length && refused.length > 0) throw why;
      if (refused.length > 0) throw rowsRefused(`${refused.length} of ${rows.length} rows: ${messageOf(why)}`, refused, why);
    },

    async close() {
      closed = true;
      ctx.clock.clear(age);
      ctx.clock.clear(retry);
      await journal?.end();
      journal = undefined;
      // a file under way is finished, an upload is cut by the signal or goes on at the next start
      client?.close();
      await working;
    },

    notes: () => [
      ...(files > 0 ? [`${files} files are finished since the start.`] : []),
      ...(full.length > 0 ? [`${full.length} files (${fullBytes} bytes of rows) wait to be finished.`] : []),
      ...(problem ? [`The last file could not be finished, and is tried again: ${problem}`] : []),
    ],
  };

  function begin(): void {
    // names are in order, and never there twice, also when the clock is set back
    lastMs = Math.max(ctx.clock.now(), lastMs + 1);
    const name = `${String(lastMs).padStart(14, '0')}-${randomBytes(4).toString('hex')}.rows`;
    journal = new Journal(join(folder, name), ctx.clock, props.syncIntervalMs);
    ctx.clock.clear(age);
    age = ctx.clock.setTimer(props.rollingIntervalMs, roll);
  }

  /** The journal takes no more rows. */
  function roll(): void {
    const old = journal;
    if (!old) return;
    journal = undefined;
    ctx.clock.clear(age);
    fullBytes += old.bytes;
    void old.end().then(() => {
      full.push(old.file);
      work();
    });
  }

  function work(): void {
    if (working || closed) return;
    working = finishAll().finally(() => {
      working = undefined;
    });
  }

  /** Finishes what is full, in its order; never rejects. */
  async function finishAll(): Promise<void> {
    while (full.length > 0 && !closed) {
      const file = full[0]!;
      try {
        await finish(file);
        full.shift();
        fullBytes = full.reduce((sum, f) => sum + (existsSync(f) ? statSync(f).size : 0), 0);
        backoff.reset();
        if (problem) ctx.status('connected');
        problem = '';
      } catch (error) {
        if (closed) return;
        problem = messageOf(error);
        ctx.log.warn({ cause: problem }, 'A file of the archive could not be finished; it is tried again.');
        ctx.status('disconnected', problem);
        retry = ctx.clock.setTimer(backoff.next(), work);
        return;
      }
    }
  }

  async function finish(file: string): Promise<void> {
    if (!existsSync(file)) return;
    const [, ms, mark] = /(\d+)-([0-9a-f]+)\.rows$/.exec(file)!;
    const name = `${safeName(ctx.getRuleId())}-${new Date(Number(ms)).toISOString().replace(/[:.]/g, '-')}-${mark}.${extensionOf[props.format]}`;
    const day = props.byDay ? [`date=${new Date(Number(ms)).toISOString().slice(0, 10)}`] : [];
    const { format, columns } = props;
    if (uploader) {
      const packed = file.replace(/\.rows$/, `.${extensionOf[format]}`);
      const rows = existsSync(packed) ? 1 : await encodeFile({ journal: file, file: packed, temp: `${packed}.part`, format, columns });
      if (rows > 0) {
        await uploader.upload(packed, [...props.path.split('/'), ...day, name].join('/'));
        files++;
        rmSync(packed);
      }
    } else {
      await checkTarget();
      const place = join(target, ...day);
      const rows = await encodeFile({ journal: file, file: join(place, name), temp: join(place, `.${name}.part`), format, columns });
      if (rows > 0) files++;
    }
    rmSync(file);
  }

  /** @throws Error when no rule may write there */
  async function checkTarget(): Promise<void> {
    const why = await places.writeRefusal(realOf(target), 'x.parquet');
    if (why !== undefined) throw new Error(`property path: ${why}`);
  }
}

const safeName = (text: string): string => text.replace(/[^\w.-]/g, '_');

/** @source Avro 1.12, names  @throws Error */
function checkAvroName(name: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new Error(`archive: "${name}" is not a name of a column in Avro (letters, digits, _): rename it with AS`);
}
