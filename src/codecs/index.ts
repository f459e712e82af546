// The formats, by the name that FORMAT= takes. A new one is a folder and a line here; code is loaded on first use.
import type { CodecDefinition } from '../contract/codec.ts';

export interface CodecEntry {
  name: string;
  load(): Promise<CodecDefinition>;
}

export const codecs: readonly CodecEntry[] = [
  { name: 'json', load: async () => (await import('./json/index.ts')).default },
  { name: 'delimited', load: async () => (await import('./delimited/index.ts')).default },
  { name: 'urlencoded', load: async () => (await import('./urlencoded/index.ts')).default },
  { name: 'binary', load: async () => (await import('./binary/index.ts')).default },
  { name: 'protobuf', load: async () => (await import('./protobuf/index.ts')).default },
];
