// Sets a member of an object under a name that comes from data. A plain assignment to `__proto__` would change the object's prototype.
export function setMember<T>(o: { [name: string]: T }, key: string, value: T): void {
  if (key === '__proto__') Object.defineProperty(o, key, { value, enumerable: true, configurable: true, writable: true });
  else o[key] = value;
}
