// The object functions, one export line each. Read by functions/catalogue.ts.
export { erase } from './erase.ts';
export { items } from './items.ts';
export { keys } from './keys.ts';
export { kvpairArrayToObj } from './kvpair_array_to_obj.ts';
export { objToKvpairArray } from './obj_to_kvpair_array.ts';
export { object } from './object.ts';
export { objectConcat } from './object_concat.ts';
export { objectConstruct } from './object_construct.ts';
export { objectPick } from './object_pick.ts';
export { objectSize } from './object_size.ts';
export { values } from './values.ts';
export { zip } from './zip.ts';
