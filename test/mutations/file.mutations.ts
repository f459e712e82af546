// Mutations of the file sink: what is gathered, when it counts as delivered, and what a failure leaves in the file.
import type { MutationList } from './mutation.ts';

const out = 'src/connectors/file/out-file.ts';
const sink = 'src/connectors/file/sink.ts';
const places = 'src/connectors/file/places.ts';
const packer = 'src/connectors/file/packer.ts';
const slots = 'src/connectors/file/slots.ts';
const flight = 'src/runtime/sink/flight.ts';
const line = 'src/runtime/sink/sink-line.ts';

export const mutations: MutationList = {
  area: 'file',
  tests: [
    'test/connectors/file/slots.test.ts',
    'test/connectors/file/gathered.test.ts',
    'test/connectors/file/safety.test.ts',
    'test/runtime/sink/cases.test.ts',
  ],
  slowTests: ['test/connectors/file/file.test.ts'],
  mutations: [
    { id: 'ack-early', file: out, find: 'if (!this.options.toDisk) this.nowSafe();', replace: 'this.nowSafe();' },
    { id: 'skip-fsync', file: out, find: 'if (this.options.toDisk) await this.syncHandle();', replace: '' },
    { id: 'fsync-not-awaited', file: out, find: 'await this.opened!.handle.datasync();', replace: 'void this.opened!.handle.datasync();' },
    { id: 'fsync-error-ignored', file: out, find: "?? '')) throw error;", replace: "?? '')) return;" },
    { id: 'name-not-synced', file: out, find: 'await opened.syncName();', replace: '' },
    { id: 'name-synced-each-time', file: places, find: '!this.safeFolders.has(at) && ', replace: '' },
    { id: 'parents-not-synced', file: places, find: 'await syncFolder(path.dirname(at));', replace: '' },
    { id: 'not-cut', file: out, find: 'await opened.handle.truncate(safe.size)', replace: 'await opened.handle.stat()' },
    { id: 'not-cut-later', file: out, find: 'resumed.torn ? size > resumed.size', replace: 'resumed.torn ? false' },
    { id: 'end-mark-stays', file: out, find: 'size === resumed.size + resumed.endBytes;', replace: 'false;' },
    {
      id: 'cut-what-others-wrote',
      file: out,
      find: 'resumed.torn ? size > resumed.size',
      replace: 'resumed.torn ? size >= 0',
      equivalent:
        'cutting a file at its own size changes nothing, and one that is shorter was changed by others after a failure of the disk',
    },
    { id: 'not-gone-on', file: sink, find: "how !== 'finish' || ending", replace: "how === 'rest'" },
    { id: 'closed-is-forgotten', file: sink, find: "how !== 'finish' || ending", replace: "how !== 'finish'" },
    { id: 'member-not-completed', file: out, find: 'if (resumed.closing) await this.put(resumed.closing);', replace: '' },
    { id: 'wrong-checksum', file: packer, find: 'crc = zlib.crc32(bytes, crc);', replace: 'crc = zlib.crc32(bytes);' },
    { id: 'wrong-size', file: packer, find: 'size += bytes.byteLength;', replace: 'size = bytes.byteLength;' },
    { id: 'not-flushed', file: packer, find: 'zlib.constants.Z_SYNC_FLUSH', replace: 'zlib.constants.Z_NO_FLUSH' },
    { id: 'zstd-not-flushed', file: packer, find: 'zlib.constants.ZSTD_e_flush', replace: 'zlib.constants.ZSTD_e_continue' },
    { id: 'half-writes-forgotten', file: out, find: 'at += bytesWritten;', replace: 'at = bytes.length;' },
    { id: 'rolls-late', file: sink, find: 'file.entries >= props.rollingCount', replace: 'file.entries > props.rollingCount' },
    { id: 'slot-lost', file: sink, find: 'if (self.hasFile) slots.give();', replace: '' },
    {
      id: 'slot-lost-on-error',
      file: sink,
      find: '            slots.give();\n            throw error;',
      replace: '            throw error;',
    },
    { id: 'waiters-forgotten', file: slots, find: 'if (this.waiting.length > 0) this.wanted();', replace: '' },
    { id: 'does-not-wait-for-the-old-one', file: sink, find: 'await before?.file.ended;', replace: '' },
    { id: 'early-timer', file: 'src/connectors/file/safety.ts', find: 'u.rows >= QUIET_ROWS ?', replace: 'u.rows > QUIET_ROWS ?' },
    {
      id: 'sync-at-once',
      file: 'src/connectors/file/safety.ts',
      find: 'const dueMs = u.lastSyncMs + intervalMs;',
      replace: 'const dueMs = 0;',
    },
    { id: 'group-counts-once', file: flight, find: '      this.count--;\n      this.bytes', replace: '      this.bytes' },
    { id: 'group-bytes-stay', file: flight, find: '      this.bytes -= bytesOf(item.data);', replace: '' },
    { id: 'group-of-another-answer', file: flight, find: 'this.last?.answer === answer', replace: 'this.last' },
    { id: 'late-answers-forgotten', file: flight, find: 'late(item);', replace: 'continue;' },
    { id: 'no-bound-of-bytes', file: flight, find: ' && this.bytes < MAX_BYTES', replace: '' },
    {
      id: 'only-first-of-group',
      file: line,
      find: 'for (let i = 0; i < items.length; i++)\n      if (error',
      replace: 'for (let i = 0; i < 1; i++)\n      if (error',
    },
  ],
};
