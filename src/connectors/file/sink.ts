// File sink: entries as lines, one JSON array per file, or csv; rolled by time, count or size; gzip or zstd per file. A file is truncated when it is opened,
// as in eKuiper; an entry counts as delivered when the operating system has taken it.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import zlib from 'node:zlib';
import type { TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { type FileSinkProps, sinkOptions } from './options.ts';

/** Templates can name many files; the least used is closed beyond this. */
const MAX_OPEN = 64;

interface OpenFile {
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
  let timer: TimerHandle | undefined;
  let lastNameMs = 0;

  const fileName = (name: string, nowMs: number): string => {
    const { dir, name: base, ext } = path.parse(name);
    if (props.rollingNamePattern === 'prefix') return path.join(dir, `${nowMs}-${base}${ext}`);
    if (props.rollingNamePattern === 'suffix') return path.join(dir, `${base}-${nowMs}${ext}`);
    return name;
  };

  async function openFile(name: string, ctx: ConnectorContext): Promise<OpenFile> {
    // two files of one name never get the same time, or the second would truncate the first
    lastNameMs = Math.max(ctx.clock.now(), lastNameMs + 1);
    const target = path.resolve(ctx.getRootPath(), fileName(name, lastNameMs));
    await mkdir(path.dirname(target), { recursive: true }).catch((error: unknown) => {
      throw ioError(`file ${target}: ${messageOf(error)}`, error);
    });
    const disk = createWriteStream(target);
    let out: Writable = disk;
    if (props.compression) {
      const packer = props.compression.toLowerCase() === 'gzip' ? zlib.createGzip() : zlib.createZstdCompress();
      packer.pipe(disk);
      out = packer;
    }
    const file: OpenFile = {
      out,
      ended: new Promise((resolve) => disk.once('close', resolve)),
      openedAtMs: ctx.clock.monotonic(),
      entries: 0,
      bytes: 0,
      failure: undefined,
    };
    const broken = (error: Error) => {
      file.failure = ioError(`file ${target}: ${messageOf(error)}`, error);
      files.delete(name);
    };
    disk.on('error', broken);
    if (out !== disk) out.on('error', broken);
    await new Promise<void>((resolve, reject) => {
      disk.once('open', () => resolve());
      disk.once('error', (error) => reject(ioError(`file ${target}: ${messageOf(error)}`, error)));
    });
    return file;
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
      if (props.fileType === 'csv' && props.format.toLowerCase() !== 'delimited')
        throw new Error('format must be delimited when fileType is csv');
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
          timer = ctx.clock.setTimer(checkMs, check);
        };
        timer = ctx.clock.setTimer(checkMs, check);
      }
    },

    async collect(ctx, data, dynamic) {
      const name = dynamic?.['path'] === undefined ? props.path : String(dynamic['path']);
      let file = files.get(name);
      if (!file) {
        if (files.size >= MAX_OPEN) {
          const [oldName, old] = files.entries().next().value!;
          files.delete(oldName);
          await closeFile(old);
        }
        file = await openFile(name, ctx);
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
      await Promise.all(open.map(closeFile));
    },
  };
}
