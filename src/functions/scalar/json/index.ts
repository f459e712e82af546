// The json functions, one export line each. Read by functions/catalogue.ts.
export { jsonPathExists } from './json_path_exists.ts';
export { jsonPathQuery } from './json_path_query.ts';
export { jsonPathQueryFirst } from './json_path_query_first.ts';
