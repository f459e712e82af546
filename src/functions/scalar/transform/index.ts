// The transform functions, one export line each. Read by functions/catalogue.ts.
export { cast } from './cast.ts';
export { chr } from './chr.ts';
export { compress } from './compress.ts';
export { dec2hex } from './dec2hex.ts';
export { decode } from './decode.ts';
export { decompress } from './decompress.ts';
export { encode } from './encode.ts';
export { hex2dec } from './hex2dec.ts';
export { isNumber } from './is_number.ts';
export { parseJson } from './parse_json.ts';
export { toJson } from './to_json.ts';
export { trunc } from './trunc.ts';
export { tryCast } from './try_cast.ts';
export { typeOf } from './typeof.ts';
