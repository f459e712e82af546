// File source: one file or the files of a folder, once, at an interval, or as they appear. The position (file time and row) is checkpointed.
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import { type Emit, EndOfInput, type Fail, type Source } from '../../contract/source.ts';
import { type FileSourceProps, sourceOptions } from './options.ts';
import { readItems } from './read.ts';

/** A file that was just written is read when it has not changed for so long. */
const QUIET_MS = 300;

interface Offset {
  /** Newest modification time read so far, epoch ms. */
  readonly mtimeMs: number;
  /** File under way and rows of it that were given out. */
  readonly file: string;
  readonly rows: number;
}

export function createFileSource(): Source {
  let name = '';
  let props: FileSourceProps;
  let offset: Offset = { mtimeMs: 0, file: '', rows: 0 };
  let stop: AbortController | undefined;
  let watcher: FSWatcher | undefined;

  async function readOne(file: string, mtimeMs: number, ctx: ConnectorContext, emit: Emit, signal: AbortSignal): Promise<void> {
    const skip = offset.file === file ? offset.rows : 0;
    let n = 0;
    for await (const item of readItems(file, props)) {
      if (signal.aborted) return;
      if (n++ < skip) continue;
      await emit(item as never, { file });
      offset = { mtimeMs: offset.mtimeMs, file, rows: n };
      if (props.sendIntervalMs > 0) await ctx.clock.sleep(props.sendIntervalMs, signal);
    }
    offset = { mtimeMs: Math.max(offset.mtimeMs, mtimeMs), file: '', rows: 0 };
    if (props.actionAfterRead === 1) await rm(file);
    else if (props.actionAfterRead === 2) {
      const target = path.resolve(ctx.getRootPath(), props.moveTo);
      await mkdir(target, { recursive: true });
      await rename(file, path.join(target, path.basename(file)));
    }
  }

  return {
    configure(datasource, raw) {
      props = parseOptions<FileSourceProps>('file source', sourceOptions, raw);
      props.fileType = props.fileType.toLowerCase();
      if (props.actionAfterRead === 2 && !props.moveTo) throw new Error('missing moveTo when actionAfterRead is 2');
      if (props.decompression && (props.fileType === 'csv' || props.fileType === 'lines'))
        throw new Error(`decompression is not supported for ${props.fileType} file type`);
      name = datasource;
    },

    async open(ctx, emit, fail) {
      const target = path.join(path.resolve(ctx.getRootPath(), props.path), name);
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
      if (typeof o?.mtimeMs === 'number' && typeof o.file === 'string' && typeof o.rows === 'number')
        offset = { mtimeMs: o.mtimeMs, file: o.file, rows: o.rows };
    },
  };

  async function runFile(file: string, ctx: ConnectorContext, emit: Emit, fail: Fail, signal: AbortSignal): Promise<void> {
    for (;;) {
      const info = await stat(file).catch(() => undefined);
      if (info) await readOne(file, info.mtimeMs, ctx, emit, signal);
      if (signal.aborted) return;
      if (props.intervalMs <= 0) return fail(new EndOfInput());
      await ctx.clock.sleep(props.intervalMs, signal);
    }
  }

  /** Files newer than the newest read so far, oldest first. */
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
    return files.filter((f) => f.mtimeMs > offset.mtimeMs).sort((a, b) => a.mtimeMs - b.mtimeMs || (a.file < b.file ? -1 : 1));
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
          await readOne(file, mtimeMs, ctx, emit, signal);
        } catch (error) {
          if (signal.aborted) return;
          ctx.dropped(1, `file ${path.basename(file)}: ${messageOf(error)}`);
          offset = { mtimeMs: Math.max(offset.mtimeMs, mtimeMs), file: '', rows: 0 };
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
