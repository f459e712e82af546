// What other folders use of the SQL functions: the catalogue. Definitions: scalar/, aggregate/, analytic/, timer/, table/, window/.
export { builtinFunctions, createFunctionCatalogue } from './catalogue.ts';
