// The set-returning functions, one export line each. Read by functions/catalogue.ts.
export { extract } from './extract.ts';
export { unnest } from './unnest.ts';
