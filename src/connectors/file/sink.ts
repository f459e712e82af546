// File sink: entries as lines, one JSON array per file, or csv; rolled by time, count or size; gzip or zstd per file. A file is truncated when a run of
// the rule opens it first, as in eKuiper, unless `append` is set; an entry counts as delivered when the disk has it: out-file.ts. Where files
// are: places.ts.

import path from 'node:path';
import type { TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { ownFolderOf } from '../../base/files/own-places.ts';
import { fieldOf } from '../../codecs/delimited/fields.ts';
import { NO_KEY } from '../../codecs/encryption.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { createVetting, hasTemplate, type Vet } from '../../templates/rendered/index.ts';
import { type FileSinkProps, sinkOptions } from './options.ts';
import { OutFile, type Standing } from './out-file.ts';
import type { Compression } from './packer.ts';
import { Places, type Target } from './places.ts';
import { Slots } from './slots.ts';

/** Templates can name many files; beyond this the one that was opened first rests: it is closed, and goes on where it was when it is needed. */
const MAX_OPEN = 64;
/** Beyond this the one that rests longest is finished, and not known any more. */
const MAX_RESTING = 10_000;

/** Names of a run that are remembered with `append`. */
const MAX_BEGUN = 10_000;

/** A file that is closed, and where it goes on. */
interface Resting {
  readonly target: Target;
  readonly standing: Standing;
}

export function createFileSink(): Sink {
  let props: FileSinkProps;
  const files = new Map<string, OutFile>();
  const resting = new Map<string, Resting>();
  /** Files that take no more rows and are not closed yet: the next one of that name waits for them. */
  const leaving = new Map<string, { file: OutFile; how: 'rest' | 'finish' }>();
  const slots = new Slots(MAX_OPEN, retireOne);
  /** Names that this run had open: only the first opening goes on at the end of what is there. */
  const begun = new Set<string>();
  /** Files by what templates gave. */
  const named = new Map<string, { name: string; target: Target }>();
  /** A file of this run is not known any more: what stands in a file that is there may be ours, and is not overwritten. */
  let forgotten = false;
  /** The sink is being closed; it may be opened again. */
  let ending = false;
  let timer: TimerHandle | undefined;
  let lastNameMs = 0;
  /** Of files that are encrypted. */
  let aesKey: Uint8Array | undefined;

  let vet: Vet;
  let places: Places;

  const fileName = (name: string, nowMs: number): string => {
    const { name: base, ext } = path.parse(name);
    // an array that was ended cannot be told from one of somebody else
    const pattern = forgotten && props.fileType === 'json' ? props.rollingNamePattern || 'suffix' : props.rollingNamePattern;
    if (pattern === 'prefix') return `${nowMs}-${base}${ext}`;
    if (pattern === 'suffix') return `${base}-${nowMs}${ext}`;
    return name;
  };

  function newFile(name: string, first: Target, ctx: ConnectorContext): OutFile {
    // two files of one name never get the same time, or the second would truncate the first
    lastNameMs = Math.max(ctx.clock.now(), lastNameMs + 1);
    const nowMs = lastNameMs;
    const before = leaving.get(name);
    let target = first;
    const file = new OutFile(
      {
        clock: ctx.clock,
        separator: props.fileType === 'json' ? ',' : '\n',
        begin: beginOf(props),
        end: props.fileType === 'json' ? ']' : '',
        compression: props.compression.toLowerCase() as Compression,
        aesKey,
        toDisk: props.sync === 'disk',
        syncIntervalMs: props.syncIntervalMs,
        countBytes: props.rollingBytes > 0,
        async open() {
          await before?.file.ended;
          await slots.take();
          const rested = resting.get(name);
          target = rested?.target ?? { base: first.base, names: [...first.names.slice(0, -1), fileName(first.names.at(-1)!, nowMs)] };
          const append = rested !== undefined || ((props.append || forgotten) && !begun.has(name));
          try {
            const opened = await places.open(target, ctx.getRootPath(), append, aesKey !== undefined);
            resting.delete(name);
            if (props.append) begun.add(name);
            if (begun.size > MAX_BEGUN) begun.delete(begun.values().next().value!);
            return { ...opened, resumed: rested?.standing };
          } catch (error) {
            slots.give();
            throw error;
          }
        },
        left(self, standing, how) {
          if (files.get(name) === self) files.delete(name);
          if (leaving.get(name)?.file === self) leaving.delete(name);
          if (self.hasFile) slots.give();
          if (standing && (how !== 'finish' || ending)) rest(name, { target, standing }, ctx);
        },
        closeFailed: (error) => ctx.log.warn({ error: messageOf(error) }, 'A file could not be closed.'),
      },
      before?.how === 'rest' ? before.file : resting.get(name)?.standing,
    );
    files.set(name, file);
    return file;
  }

  /** A file takes no more rows. */
  function close(name: string, file: OutFile, how: 'rest' | 'finish'): Promise<void> {
    if (files.get(name) === file) files.delete(name);
    leaving.set(name, { file, how });
    return file.close(how);
  }

  /** Somebody waits for a file to be closed: the one that was opened first rests. */
  function retireOne(): void {
    for (const [name, file] of files) if (file.isOpen) return void close(name, file, 'rest');
  }

  function rest(name: string, file: Resting, ctx: ConnectorContext): void {
    resting.set(name, file);
    if (resting.size <= MAX_RESTING) return;
    const oldest = resting.keys().find((n) => !files.has(n));
    if (oldest === undefined) return;
    forgotten = true;
    void finish(oldest, ctx);
  }

  /** Nothing more comes into a file that rests. */
  function finish(name: string, ctx: ConnectorContext): Promise<void> {
    const { target, standing } = resting.get(name)!;
    if (props.fileType === 'json' && standing.endBytes === 0) return close(name, newFile(name, target, ctx), 'finish');
    resting.delete(name);
    return Promise.resolve();
  }

  return {
    configure(raw) {
      props = parseOptions<FileSinkProps>('file sink', sinkOptions, raw);
      places = new Places(props.path, hasTemplate(props.path));
      vet = createVetting(sinkOptions, { path: props.path });
      const own = ownFolderOf(props.path);
      if (own) throw new Error(`property path: ${own} belongs to the gateway: no rule writes there`);
      if (props.fileType === 'csv' && props.format.toLowerCase() !== 'delimited')
        throw new Error('format must be delimited when fileType is csv');
      if (props.append && props.fileType === 'json') throw new Error('append is for fileType lines and csv: a json file holds one array');
      if (props.rollingHook) throw new Error(`rolling hook ${props.rollingHook} is not registered`);
      if (props.encryption && props.encryption.toLowerCase() !== 'aes') throw new Error(`encryptor '${props.encryption}' is not supported`);
      if (props.rollingIntervalMs <= 0 && props.rollingCount <= 0 && props.rollingBytes <= 0)
        throw new Error('one of rollingInterval, rollingCount, or rollingSize must be set');
    },

    open(ctx) {
      ending = false;
      aesKey = props.encryption ? ctx.aesKey : undefined;
      if (props.encryption && !aesKey) throw new Error(NO_KEY);
      ctx.status('connected');
      if (props.rollingIntervalMs > 0) {
        const checkMs = Math.min(props.checkIntervalMs, props.rollingIntervalMs);
        const isOld = ({ openedAtMs }: { openedAtMs: number }) => ctx.clock.monotonic() - openedAtMs >= props.rollingIntervalMs;
        const check = () => {
          for (const [name, file] of files) if (isOld(file)) void close(name, file, 'finish');
          for (const [name, { standing }] of resting) if (isOld(standing) && !files.has(name)) void finish(name, ctx);
          timer = ctx.clock.setTimer(checkMs, check);
        };
        timer = ctx.clock.setTimer(checkMs, check);
      }
    },

    collect(ctx, data, dynamic) {
      const rendered = (vet(dynamic)['path'] as string | undefined) ?? props.path;
      let place = named.get(rendered);
      if (place === undefined) {
        const target = places.targetOf(rendered, ctx.getRootPath());
        place = { name: path.join(target.base, ...target.names), target };
        if (named.size >= MAX_OPEN) named.clear();
        named.set(rendered, place);
      }
      const { name, target } = place;
      const file = files.get(name) ?? newFile(name, target, ctx);
      const safe = file.add(data as string | Uint8Array);
      if ((props.rollingCount > 0 && file.entries >= props.rollingCount) || (props.rollingBytes > 0 && file.rowBytes >= props.rollingBytes))
        void close(name, file, 'finish');
      return safe;
    },

    async close(ctx) {
      ctx.clock.clear(timer);
      ending = true;
      const before = [...leaving.values()].map(({ file }) => file.ended);
      await Promise.all([...before, ...[...files].map(([name, file]) => close(name, file, 'finish'))]);
      if (props.fileType !== 'json') return;
      const open = [...resting].filter(([, { standing }]) => standing.endBytes === 0);
      await Promise.all(open.map(([name]) => finish(name, ctx)));
    },
  };
}

/** What stands first in a new file. */
function beginOf(props: FileSinkProps): string {
  if (props.fileType === 'json') return '[';
  return props.fileType === 'csv' && props.hasHeader && props.fields.length > 0
    ? `${props.fields.map((f) => fieldOf(f, props.delimiter || ',')).join(props.delimiter || ',')}\n`
    : '';
}
