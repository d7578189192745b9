import { NameError, type ResolveName } from '../../src/outbound/resolve-name';

/** A resolver that knows these names and no others; what a name answers may change from question to question. */
export const knownNames =
  (names: Record<string, string[] | (() => string[])>): ResolveName =>
  (name) => {
    const known = names[name];
    if (known === undefined) return Promise.reject(new NameError('ENOTFOUND'));
    return Promise.resolve(typeof known === 'function' ? known() : known);
  };
