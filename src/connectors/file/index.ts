// Files: source and sink.
import { defineConnector } from '../../contract/connector.ts';
import { sinkOptions, sourceOptions } from './options.ts';
import { createFileSink } from './sink.ts';
import { createFileSource } from './source.ts';

export default defineConnector({
  name: 'file',
  source: {
    kind: 'source',
    name: 'file',
    payload: 'bytes',
    shareable: false,
    options: sourceOptions,
    doc: 'Reads a file, or the files of a folder. DATASOURCE is the name below `path`.',
    create: createFileSource,
  },
  sink: {
    kind: 'sink',
    name: 'file',
    payload: 'bytes',
    maxInFlight: 16_384,
    // cards stand still for a second or two now and then; the queue would go to the same card
    patience: 5,
    options: sinkOptions,
    doc: 'Writes results to files.',
    create: createFileSink,
  },
});
