// Files of Parquet, Avro or lines, rolled by rows, size and time, in a folder or in a bucket of S3.
import { defineConnector } from '../../contract/connector.ts';
import { archiveOptions } from './options.ts';
import { createArchiveSink } from './sink.ts';

export default defineConnector({
  name: 'archive',
  sink: {
    kind: 'sink',
    name: 'archive',
    payload: 'rows',
    maxInFlight: 10_000,
    // cards stand still for a second or two now and then; the queue would go to the same card
    patience: 5,
    options: archiveOptions,
    doc: 'Writes rows to files of Parquet or Avro, in a folder or in a bucket of S3.',
    create: createArchiveSink,
  },
});
