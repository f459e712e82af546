// The functions of bytes and bits, one export line each. Read by functions/catalogue.ts.
export { base64 } from './base64.ts';
export { bitAt } from './bit_at.ts';
export { byteAt } from './byte_at.ts';
export { floatFrom } from './float_from.ts';
export { hex } from './hex.ts';
export { intFrom } from './int_from.ts';
export { shiftLeft } from './shift_left.ts';
export { shiftRight } from './shift_right.ts';
export { uintFrom } from './uint_from.ts';
export { unhex } from './unhex.ts';
