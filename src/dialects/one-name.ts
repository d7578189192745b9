/** The two names of a user. */
export interface Names {
  firstName: string | null;
  lastName: string | null;
}

/** For vendors with one name for a user: what follows its last blank is the last name here. `joinName` takes it back. */
export function splitName(name: string): Names {
  const at = name.lastIndexOf(' ');
  const [first, last] = at < 1 ? [name, ''] : [name.slice(0, at), name.slice(at + 1)];
  return { firstName: first || null, lastName: last || null };
}

/** Both with a blank between them; empty where she has none. */
export const joinName = ({ firstName, lastName }: Names): string =>
  [firstName, lastName].filter(Boolean).join(' ');
