// What other folders use of the SQL functions: the catalogue. Definitions: scalar/, aggregate/, analytic/, table/, window/.
export { builtinFunctions, createFunctionCatalogue } from './catalogue.ts';
