// The hash functions, one export line each. Read by functions/catalogue.ts.
export { crc32 } from './crc32.ts';
export { md5 } from './md5.ts';
export { sha1 } from './sha1.ts';
export { sha256 } from './sha256.ts';
export { sha384 } from './sha384.ts';
export { sha512 } from './sha512.ts';
