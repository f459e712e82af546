// FORMAT="json".
import type { CodecDefinition } from '../../contract/codec.ts';
import { createJsonDecoder } from './decode.ts';
import { createJsonEncoder } from './encode.ts';

export default {
  kind: 'codec',
  name: 'json',
  createDecoder: createJsonDecoder,
  createEncoder: createJsonEncoder,
} satisfies CodecDefinition;
