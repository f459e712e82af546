// The hash functions, one export line each. Read by functions/catalogue.ts.
export {};
