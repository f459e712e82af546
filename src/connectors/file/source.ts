// File source: one file or the files of a folder, once, at an interval, or as they appear. The position (file time and row) is checkpointed.
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { type OwnPlaces, ownPlaces, realOf } from '../../base/files/own-places.ts';
import { createDecompressor } from '../../codecs/compression.ts';
import { createJsonDecoder } from '../../codecs/json/decode.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import { type Emit, EndOfInput, type Fail, type Source } from '../../contract/source.ts';
import type { Row } from '../../data/value.ts';
import { type FileSourceProps, sourceOptions } from './options.ts';
import { readItems } from './read.ts';

/** A file that was just written is read when it has not changed for so long. */
const QUIET_MS = 300;

interface Offset {
  /** Files of the folder that were read: modification time by name, epoch ms. */
  readonly done: Readonly<Record<string, number>>;
  /** File under way and rows of it that were given out. */
  readonly file: string;
  readonly rows: number;
  /** Of the file under way, to notice that it was replaced or truncated. */
  readonly inode: number;
  readonly sizeBytes: number;
}

const noFile = { file: '', rows: 0, inode: 0, sizeBytes: 0 };

export function createFileSource(): Source {
  let name = '';
  let props: FileSourceProps;
  let offset: Offset = { done: {}, ...noFile };
  let decode: (bytes: Uint8Array) => Row | Row[];
  let stop: AbortController | undefined;
  let watcher: FSWatcher | undefined;
  let places: OwnPlaces;

  /** @throws when the file is one of the gateway's own, wherever a link leads */
  async function checkReadable(file: string): Promise<void> {
    const why = await places.readRefusal(realOf(file));
    if (why !== undefined) throw new GatewayError('PLACE_REFUSED', { text: `file ${file}: ${why}` });
  }

  async function readOne(file: string, ctx: ConnectorContext, emit: Emit, signal: AbortSignal): Promise<void> {
    await checkReadable(file);
    const info = await stat(file);
    const same = offset.file === file && offset.inode === info.ino && info.size >= offset.sizeBytes;
    const skip = same ? offset.rows : 0;
    const current = { file, inode: info.ino, sizeBytes: info.size };
    let n = 0;
    for await (const item of readItems(file, props, decode)) {
      if (signal.aborted) return;
      if (n++ < skip) continue;
      const go = emit(item as never, { file });
      // rules have the row now: a checkpoint made while we wait must not read it again
      offset = { done: offset.done, ...current, rows: n };
      await go;
      if (props.sendIntervalMs > 0) await ctx.clock.sleep(props.sendIntervalMs, signal);
    }
    if (signal.aborted) return;
    finished(file, info.mtimeMs);
    if (props.actionAfterRead === 1) await rm(file);
    else if (props.actionAfterRead === 2) {
      await checkTarget(ctx);
      const target = path.resolve(ctx.getRootPath(), props.moveTo);
      await mkdir(target, { recursive: true });
      await rename(file, path.join(target, path.basename(file)));
    }
  }

  async function checkTarget(ctx: ConnectorContext): Promise<void> {
    const to = path.resolve(ctx.getRootPath(), props.moveTo);
    const why = await places.writeRefusal(realOf(to), 'x');
    if (why !== undefined) throw new GatewayError('PLACE_REFUSED', { text: `moveTo ${to}: ${why}` });
  }

  function finished(file: string, mtimeMs: number): void {
    offset = { done: { ...offset.done, [path.basename(file)]: mtimeMs }, ...noFile };
  }

  return {
    configure(datasource, raw) {
      props = parseOptions<FileSourceProps>('file source', sourceOptions, raw);
      props.fileType = props.fileType.toLowerCase();
      if (props.actionAfterRead === 2 && !props.moveTo) throw new Error('missing moveTo when actionAfterRead is 2');
      if (props.decompression && (props.fileType === 'csv' || props.fileType === 'lines'))
        throw new Error(`decompression is not supported for ${props.fileType} file type`);
      if (props.decompression) createDecompressor(props.decompression); // refuses an unknown name
      const decoder = createJsonDecoder({ useInt64ForWholeNumber: props.useInt64ForWholeNumber, colAliasMapping: props.colAliasMapping });
      decode = (bytes) => decoder.decode(bytes);
      name = datasource;
    },

    async open(ctx, emit, fail) {
      const target = path.join(path.resolve(ctx.getRootPath(), props.path), name);
      places = ownPlaces(ctx.getRootPath());
      await checkReadable(target);
      if (props.actionAfterRead === 2) await checkTarget(ctx);
      const info = await stat(target).catch(() => {
        throw new Error(`file ${target} not exist`);
      });
      stop = new AbortController();
      const signal = stop.signal;
      ctx.status('connected');
      const run = info.isDirectory() ? runFolder(target, ctx, emit, signal) : runFile(target, ctx, emit, fail, signal);
      run.catch((error) => {
        if (!signal.aborted) fail(error as Error);
      });
    },

    close() {
      stop?.abort(new Error('file source closed'));
      watcher?.close();
      watcher = undefined;
    },
    offset: () => offset,
    rewind(saved) {
      const o = saved as Partial<Offset> | undefined;
      if (typeof o?.done !== 'object' || typeof o.file !== 'string' || typeof o.rows !== 'number') return;
      offset = { done: o.done, file: o.file, rows: o.rows, inode: o.inode ?? 0, sizeBytes: o.sizeBytes ?? 0 };
    },
  };

  async function runFile(file: string, ctx: ConnectorContext, emit: Emit, fail: Fail, signal: AbortSignal): Promise<void> {
    for (;;) {
      // it may be away for a while: the next interval looks again
      if (await stat(file).catch(() => undefined)) await readOne(file, ctx, emit, signal);
      if (signal.aborted) return;
      if (props.intervalMs <= 0) return fail(new EndOfInput());
      await ctx.clock.sleep(props.intervalMs, signal);
    }
  }

  /** Files that were not read yet or changed since, oldest first. By name and time, so that an old file that is moved here is read too. */
  async function newFiles(folder: string): Promise<{ file: string; mtimeMs: number }[]> {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = await Promise.all(
      entries
        .filter((e) => e.isFile() && !e.name.startsWith('.'))
        .map(async (e) => {
          const file = path.join(folder, e.name);
          return { file, mtimeMs: (await stat(file).catch(() => ({ mtimeMs: 0 }))).mtimeMs };
        }),
    );
    const done: Record<string, number> = {};
    for (const f of files) {
      const at = offset.done[path.basename(f.file)];
      if (at !== undefined) done[path.basename(f.file)] = at;
    }
    offset = { ...offset, done }; // files that are gone need not be remembered
    return files
      .filter((f) => done[path.basename(f.file)] !== f.mtimeMs)
      .sort((a, b) => a.mtimeMs - b.mtimeMs || (a.file < b.file ? -1 : 1));
  }

  async function runFolder(folder: string, ctx: ConnectorContext, emit: Emit, signal: AbortSignal): Promise<void> {
    let wake: (() => void) | undefined;
    if (props.intervalMs <= 0)
      watcher = watch(folder, () => {
        wake?.();
      });
    while (!signal.aborted) {
      let waiting = false;
      for (const { file, mtimeMs } of await newFiles(folder)) {
        if (signal.aborted) return;
        if (props.intervalMs <= 0 && ctx.clock.now() - mtimeMs < QUIET_MS) {
          waiting = true; // still being written, perhaps
          break;
        }
        try {
          await readOne(file, ctx, emit, signal);
        } catch (error) {
          if (signal.aborted) return;
          ctx.dropped(1, `file ${path.basename(file)}: ${messageOf(error)}`);
          finished(file, mtimeMs);
        }
      }
      if (props.intervalMs > 0) await ctx.clock.sleep(props.intervalMs, signal);
      else
        await new Promise<void>((resolve, reject) => {
          // the watcher may miss events (network file systems): look again now and then
          const timer = ctx.clock.setTimer(waiting ? QUIET_MS : 5000, resolve);
          wake = () => {
            ctx.clock.clear(timer);
            ctx.clock.setTimer(QUIET_MS, resolve);
          };
          signal.addEventListener(
            'abort',
            () => {
              ctx.clock.clear(timer);
              reject(signal.reason);
            },
            { once: true },
          );
        });
    }
  }
}
