import { createHash, createHmac } from 'node:crypto';

/** Everything that tells one request from another, beside who sends it. */
export interface RequestParts {
  method: string;
  path: string;
  query: unknown;
  body: unknown;
  prefer: string | undefined;
  ifMatch: string | undefined;
}

/** By what a repeat is recognised. Neither the key nor the request can be read from it. */
export interface RequestIdentity {
  clientId: string;
  keyHash: string;
  fingerprint: string;
}

/**
 * @param header `Idempotency-Key`: a string of RFC 9651, section 3.3.3, in its quotes, or bare as most clients send it
 */
export function identify(clientId: string, header: string, parts: RequestParts): RequestIdentity {
  const key = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? header;
  return {
    clientId,
    keyHash: createHash('sha256').update(key).digest('base64url'),
    // Under the key, which is not stored: a fingerprint alone would tell which of a few likely bodies was sent.
    fingerprint: createHmac('sha256', key).update(canonical(parts)).digest('base64url'),
  };
}

/** JSON in which the order of an object's members says nothing: a client may build its body anew. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
