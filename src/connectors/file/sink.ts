// File sink: entries as lines, one JSON array per file, or csv; rolled by time, count or size; gzip or zstd per file. A file is truncated when a run of
// the rule opens it first, as in eKuiper, unless `append` is set; an entry counts as delivered when the operating system has taken it. Which file
// a template may name: templates/rendered/file-path.ts; that it is really opened there: base/files/open-below.ts.
import path from 'node:path';
import type { Writable } from 'node:stream';
import zlib from 'node:zlib';
import type { TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { openBelow } from '../../base/files/open-below.ts';
import { type OwnPlaces, ownFolderOf, ownPlaces, realOf } from '../../base/files/own-places.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { createVetting, hasTemplate, placeOf, type Vet } from '../../templates/rendered/index.ts';
import { type FileSinkProps, sinkOptions } from './options.ts';

/** Templates can name many files; beyond this the one that was opened first rests: it is closed, and goes on where it was when it is needed. */
const MAX_OPEN = 64;
/** Beyond this the one that rests longest is finished. */
const MAX_RESTING = 10_000;

/** Names of a run that are remembered with `append`. */
const MAX_BEGUN = 10_000;

/** Where a file is: a folder that the owner named, and what lies below it. */
interface Target {
  readonly base: string;
  readonly names: readonly string[];
}

interface OpenFile {
  readonly target: Target;
  readonly out: Writable;
  readonly ended: Promise<void>;
  readonly openedAtMs: number;
  entries: number;
  bytes: number;
  failure: Error | undefined;
}

export function createFileSink(): Sink {
  let props: FileSinkProps;
  const files = new Map<string, OpenFile>();
  const resting = new Map<string, Pick<OpenFile, 'target' | 'openedAtMs' | 'entries' | 'bytes'>>();
  /** Names that this run had open: only the first opening goes on at the end of what is there. */
  const begun = new Set<string>();
  /** Files by what templates gave. */
  const named = new Map<string, string>();
  let timer: TimerHandle | undefined;
  let lastNameMs = 0;

  let vet: Vet;
  let places: OwnPlaces | undefined;
  let chosenByMessage = false;

  const fileName = (name: string, nowMs: number): string => {
    const { name: base, ext } = path.parse(name);
    if (props.rollingNamePattern === 'prefix') return `${nowMs}-${base}${ext}`;
    if (props.rollingNamePattern === 'suffix') return `${base}-${nowMs}${ext}`;
    return name;
  };

  /** One path is one file, however it is written. @throws rowError when a message may not choose it */
  function targetOf(rendered: string, root: string): Target {
    if (chosenByMessage) {
      const { base, names } = placeOf(props.path, rendered);
      return { base: path.resolve(root, base), names };
    }
    // links of a constant path are the owner's
    const real = realOf(path.resolve(root, rendered));
    return { base: path.dirname(real), names: [path.basename(real)] };
  }

  const open = (target: Target, ctx: ConnectorContext, append: boolean) =>
    openBelow({ ...target, places: (places ??= ownPlaces(ctx.getRootPath())), append, chosenByMessage });

  async function openFile(name: string, first: Target, ctx: ConnectorContext): Promise<OpenFile> {
    // two files of one name never get the same time, or the second would truncate the first
    lastNameMs = Math.max(ctx.clock.now(), lastNameMs + 1);
    const rested = resting.get(name);
    const target = rested?.target ?? { base: first.base, names: [...first.names.slice(0, -1), fileName(first.names.at(-1)!, lastNameMs)] };
    const goesOn = rested !== undefined || (props.append && !begun.has(name));
    const { handle, path: place, size } = await open(target, ctx, goesOn);
    const disk = handle.createWriteStream();
    let out: Writable = disk;
    if (props.compression) {
      const packer = props.compression.toLowerCase() === 'gzip' ? zlib.createGzip() : zlib.createZstdCompress();
      packer.pipe(disk);
      out = packer;
    }
    const file: OpenFile = {
      target,
      out,
      ended: new Promise((resolve) => disk.once('close', resolve)),
      openedAtMs: rested?.openedAtMs ?? ctx.clock.monotonic(),
      // what is there counts as one entry, so that a line break follows it
      entries: rested?.entries ?? (size > 0 ? 1 : 0),
      bytes: rested?.bytes ?? size,
      failure: undefined,
    };
    const broken = (error: Error) => {
      file.failure = ioError(`file ${place}: ${messageOf(error)}`, error);
      files.delete(name);
    };
    disk.on('error', broken);
    if (out !== disk) out.on('error', broken);
    resting.delete(name);
    if (props.append) begun.add(name);
    if (begun.size > MAX_BEGUN) begun.delete(begun.values().next().value!);
    return file;
  }

  /** Closes a file that will go on later. */
  async function rest(name: string, file: OpenFile, ctx: ConnectorContext): Promise<void> {
    files.delete(name);
    const { target, openedAtMs, entries, bytes } = file;
    if (!file.failure) {
      file.out.end();
      await file.ended;
    }
    resting.set(name, { target, openedAtMs, entries, bytes });
    if (resting.size > MAX_RESTING) await finish(resting.keys().next().value!, ctx);
  }

  /** Nothing more comes into a file that rests. */
  async function finish(name: string, ctx: ConnectorContext): Promise<void> {
    const file = resting.get(name);
    resting.delete(name);
    if (!file || props.fileType !== 'json') return;
    const packed = { gzip: zlib.gzipSync, zstd: zlib.zstdCompressSync }[props.compression.toLowerCase()];
    const { handle } = await open(file.target, ctx, true);
    try {
      await handle.appendFile(packed ? packed(']') : ']');
    } finally {
      await handle.close();
    }
  }

  async function closeFile(file: OpenFile): Promise<void> {
    if (file.failure) return;
    file.out.end(props.fileType === 'json' ? (file.entries ? ']' : '[]') : '');
    await file.ended;
  }

  const write = (file: OpenFile, data: string | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      file.out.write(data, (error) => (error ? reject(ioError(messageOf(error), error)) : resolve()));
    });

  return {
    configure(raw) {
      props = parseOptions<FileSinkProps>('file sink', sinkOptions, raw);
      chosenByMessage = hasTemplate(props.path);
      vet = createVetting(sinkOptions, { path: props.path });
      const own = ownFolderOf(props.path);
      if (own) throw new Error(`property path: ${own} belongs to the gateway: no rule writes there`);
      if (props.fileType === 'csv' && props.format.toLowerCase() !== 'delimited')
        throw new Error('format must be delimited when fileType is csv');
      if (props.append && props.fileType === 'json') throw new Error('append is for fileType lines and csv: a json file holds one array');
      if (props.rollingHook) throw new Error(`rolling hook ${props.rollingHook} is not registered`);
      if (props.encryption) throw new Error('property encryption is not supported by the file sink yet: leave it out');
      if (props.rollingIntervalMs <= 0 && props.rollingCount <= 0 && props.rollingBytes <= 0)
        throw new Error('one of rollingInterval, rollingCount, or rollingSize must be set');
    },

    open(ctx) {
      ctx.status('connected');
      if (props.rollingIntervalMs > 0) {
        const checkMs = Math.min(props.checkIntervalMs, props.rollingIntervalMs);
        const check = () => {
          for (const [name, file] of files)
            if (ctx.clock.monotonic() - file.openedAtMs >= props.rollingIntervalMs) {
              files.delete(name);
              closeFile(file).catch((error) => ctx.log.warn({ error: messageOf(error) }, 'A rolled file could not be closed.'));
            }
          for (const [name, file] of resting)
            if (ctx.clock.monotonic() - file.openedAtMs >= props.rollingIntervalMs)
              finish(name, ctx).catch((error) => ctx.log.warn({ error: messageOf(error) }, 'A rolled file could not be closed.'));
          timer = ctx.clock.setTimer(checkMs, check);
        };
        timer = ctx.clock.setTimer(checkMs, check);
      }
    },

    async collect(ctx, data, dynamic) {
      const rendered = (vet(dynamic)['path'] as string | undefined) ?? props.path;
      let name = named.get(rendered);
      let target: Target | undefined;
      if (name === undefined) {
        target = targetOf(rendered, ctx.getRootPath());
        name = path.join(target.base, ...target.names);
        if (named.size >= MAX_OPEN) named.clear();
        named.set(rendered, name);
      }
      let file = files.get(name);
      if (!file) {
        if (files.size >= MAX_OPEN) {
          const [oldName, old] = files.entries().next().value!;
          await rest(oldName, old, ctx);
        }
        file = await openFile(name, target ?? targetOf(rendered, ctx.getRootPath()), ctx);
        files.set(name, file);
      }
      const payload = typeof data === 'string' ? data : (data as Uint8Array);
      const first = file.entries === 0;
      let head = '';
      if (props.fileType === 'json') head = first ? '[' : ',';
      else if (!first) head = '\n';
      else if (props.fileType === 'csv' && props.hasHeader && props.fields.length) head = `${props.fields.join(props.delimiter || ',')}\n`;
      file.entries++;
      file.bytes += head.length + (typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength);
      if (head) file.out.write(head);
      await write(file, payload);
      if ((props.rollingCount > 0 && file.entries >= props.rollingCount) || (props.rollingBytes > 0 && file.bytes >= props.rollingBytes)) {
        files.delete(name);
        await closeFile(file);
      }
    },

    async close(ctx) {
      ctx.clock.clear(timer);
      const open = [...files.values()];
      files.clear();
      begun.clear();
      await Promise.all([...open.map(closeFile), ...[...resting.keys()].map((name) => finish(name, ctx))]);
    },
  };
}
