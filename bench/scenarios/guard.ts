import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import {
  createLocalJWKSet,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { createGuard, type Guard } from '../../guard';
import { bytesInUse } from '../guard/heap';
import { revocationPages, uidOf } from '../guard/revocation-pages';
import { percentile } from '../measure';
import { progress, say } from '../progress';

const ISSUER = 'https://id.bench.test';
const AUDIENCE = 'https://orders.bench.test';
const REVOKED = 1_000_000;
const TOKENS = 500;
const CHECKS = 30_000;
const WARM_UP_CHECKS = 10_000;

type Check = (token: string) => Promise<unknown>;

/**
 * What the guard adds to `jose`: jwtVerify alone, the guard with nothing revoked, and with a million revocations, one check
 * of each after the other, so that whatever else the machine does hits them alike. And what a million revocations take: memory, and the longest time that they kept a process busy.
 */
export async function guard(): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256' };
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, (_, n) => tokenOf(REVOKED + n, privateKey)),
  );
  const empty = await openGuard(jwk, 0);
  const full = await loaded(jwk);
  const refused = await full.check(await tokenOf(0, privateKey));
  if (refused.active || refused.reason !== 'revoked') throw new Error('a revoked token was let through');

  const keys = createLocalJWKSet({ keys: [jwk] });
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'], clockTolerance: 5 };
  const contenders: Record<string, Check> = {
    'jwtVerify alone': (token) => jwtVerify(token, keys, options),
    'guard, nothing revoked': (token) => letThrough(empty, token),
    'guard, 1,000,000 revoked': (token) => letThrough(full, token),
  };
  report(await measureInTurns(contenders, tokens));
  empty.close();
  full.close();
}

const tokenOf = (number: number, key: CryptoKey): Promise<string> =>
  new SignJWT({ sid: `session-${number}`, epoch: 1, client_id: 'web', scope: 'orders:read' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(uidOf(number))
    .setIssuedAt()
    .setExpirationTime('30m')
    .sign(key);

async function openGuard(jwk: JWK, revoked: number): Promise<Guard> {
  const opened = createGuard({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: [jwk] },
    api: 'https://portcullis.bench.test',
    token: () => Promise.resolve('bench'),
    leaseMs: 60_000,
    fetch: revocationPages(revoked, new Date()),
  });
  await opened.ready();
  return opened;
}

async function loaded(jwk: JWK): Promise<Guard> {
  const before = bytesInUse();
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const started = performance.now();
  const opened = await openGuard(jwk, REVOKED);
  const seconds = (performance.now() - started) / 1000;
  delays.disable();
  const bytes = bytesInUse() - before;
  console.log(
    `${REVOKED} revocations: ${(bytes / 2 ** 20).toFixed(0)} MiB, ${(bytes / REVOKED).toFixed(0)} bytes each; ` +
      `read in ${seconds.toFixed(1)} s, made while they were read; longest pause ${(delays.max / 1e6).toFixed(0)} ms`,
  );
  return opened;
}

async function letThrough(of: Guard, token: string): Promise<void> {
  const verdict = await of.check(token);
  if (!verdict.active) throw new Error(`a live token was refused: ${verdict.reason}`);
}

/** Microseconds of each check. */
async function measureInTurns(contenders: Record<string, Check>, tokens: readonly string[]) {
  const checks = Object.entries(contenders);
  const micros: Record<string, number[]> = Object.fromEntries(checks.map(([name]) => [name, []]));
  for (let n = -WARM_UP_CHECKS; n < CHECKS; n++) {
    for (let turn = 0; turn < checks.length; turn++) {
      const [name, check] = checks[Math.abs(n + turn) % checks.length] as [string, Check];
      const token = tokens[Math.abs(n * 7) % tokens.length] ?? '';
      const started = performance.now();
      await check(token);
      if (n >= 0) micros[name]?.push((performance.now() - started) * 1000);
    }
    if (n % 5_000 === 0) progress(`${n} of ${CHECKS} checks`);
  }
  return micros;
}

function report(micros: Record<string, number[]>): void {
  say('');
  const medians = Object.entries(micros).map(([name, each]): [string, number] => [
    name,
    percentile(
      each.toSorted((a, b) => a - b),
      0.5,
    ),
  ]);
  const floor = medians[0]?.[1] ?? Number.NaN;
  for (const [name, median] of medians) {
    console.log(`${name}: ${median.toFixed(1)} us at the median, ${(median - floor).toFixed(1)} us on top`);
  }
}
