import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import ipaddr from 'ipaddr.js';

// What a variable of the environment may hold; `config.ts` says which holds what. No message quotes what may be a secret.

export interface EncryptionKey {
  id: string;
  key: Buffer;
}

export const port = z.coerce.number().int().min(0).max(65535);
export const seconds = z.coerce.number().positive();
/** 0 is without limit. */
export const requestsPerSecond = z.coerce.number().int().min(0);
/** 0 keeps for ever. */
export const days = z.coerce.number().min(0).max(36_500);
export const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
/** Some of these names, in any order. */
export const namesOf = <const Name extends string>(known: readonly Name[]) =>
  commaList.refine(
    (names): names is Name[] => names.every((name) => (known as readonly string[]).includes(name)),
    {
      error: `must name nothing but ${known.join(', ')}`,
    },
  );
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const LOOPBACK = /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(\/|$)/i;

/** It is the issuer of what we sign: written one way only, and what follows it begins with a slash (SSF 1.0, section 7.1). */
export const publicUrl = httpUrl
  .refine((text) => !/[?#]|\/$/.test(text), {
    error: 'must have no query, no fragment and no slash at its end',
  })
  .refine((text) => !/^http:/i.test(text) || LOOPBACK.test(text), {
    error: 'must be https, as an issuer is; http is for a loopback address alone',
  });

export const databaseUrl = z
  .string()
  .refine((text) => /^(mysql|mariadb|postgres|postgresql):\/\//.test(text), {
    error: 'must begin with mysql://, mariadb:// or postgres://',
  });
export const redisUrl = z.string().refine((text) => /^rediss?:\/\//.test(text), {
  error: 'must begin with redis:// or rediss://',
});

/** `<id>:<base64 of 32 bytes>[,older ...]`: the first encrypts, all decrypt. */
export const encryptionKeys = commaList.transform((entries, context): EncryptionKey[] => {
  const keys = entries.map((entry) => {
    const [id = '', base64 = ''] = entry.split(':');
    return { id, key: Buffer.from(base64, 'base64') };
  });
  const wellFormed = keys.every(({ id, key }) => /^[A-Za-z0-9_-]{1,32}$/.test(id) && key.length === 32);
  if (keys.length === 0 || !wellFormed) {
    context.addIssue('must be <id>:<base64 of 32 bytes>, comma-separated');
    return z.NEVER;
  }
  if (new Set(keys.map(({ id }) => id)).size < keys.length) context.addIssue('must not name two keys alike');
  return keys;
});

/** Nobody who may only write to the database has it. */
export const auditKey = z.string().transform((base64, context): Buffer => {
  const key = Buffer.from(base64, 'base64');
  if (key.length !== 32) context.addIssue('must be the base64 of 32 bytes');
  return key;
});

/** `<client id>=<audience> <audience>`, comma-separated. */
export const audiencesOfClients = commaList.transform((entries, context): ReadonlyMap<string, string[]> => {
  const pairs = entries.map((entry): [string, string[]] => {
    const [client = '', ...rest] = entry.split('=');
    return [client.trim(), rest.join('=').split(' ').filter(Boolean)];
  });
  if (pairs.some(([client, audiences]) => client === '' || audiences.length === 0))
    context.addIssue('must be <client id>=<audience> <audience>, comma-separated');
  if (new Map(pairs).size < pairs.length) context.addIssue('must not name a client twice');
  return new Map(pairs);
});

export const networks = commaList.transform((entries, context) => {
  const invalid = entries.filter((entry) => !ipaddr.isValidCIDR(entry));
  if (invalid.length > 0) context.addIssue(`not a network in CIDR form: ${invalid.join(', ')}`);
  return entries;
});

/** The first mailbox of a header of ours: `Name <address>` or the address alone. */
export const mailbox = z
  .string()
  .regex(/^(?:[^<>@\p{Cc}]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/u, {
    error: 'must be <address> or <name> <<address>>',
  });

/** Where people can ask: an e-mail address or a URL. */
export const supportAddress = z.union([z.email(), httpUrl], {
  error: 'must be an e-mail address or an http(s) URL',
});

export const locale = z
  .string()
  .refine((text) => isLocale(text), { error: 'must be a language tag such as de-AT' });

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

/** RFC 8301, section 3.2: RSA of 1024 bits at least. PEM, or the base64 of it. */
export const dkimPrivateKey = z.string().transform((text, context): string => {
  const pem = text.includes('-----BEGIN')
    ? text.replaceAll('\\n', '\n')
    : Buffer.from(text, 'base64').toString();
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 1_024) return pem;
  } catch {
    // It is told below; the error of the parser may quote the key.
  }
  context.addIssue('must be an RSA key of 1024 bits or more, as PEM or as the base64 of it');
  return z.NEVER;
});

const MAX_RETRY_DELAY = 30 * 86_400;

/** `0,5,300`: the seconds before each attempt. The first is made at once. */
export const retrySchedule = commaList.transform((entries, context) => {
  const delays = entries.map(Number);
  if (delays.length === 0 || delays.some((delay) => !Number.isFinite(delay) || delay < 0)) {
    context.addIssue('must be a comma-separated list of seconds');
  } else if (delays[0] !== 0) {
    context.addIssue('must begin with 0: the first attempt is made at once');
  } else if (Math.max(...delays) > MAX_RETRY_DELAY) {
    context.addIssue(`must not hold more than ${MAX_RETRY_DELAY} (30 days)`);
  }
  return delays;
});
