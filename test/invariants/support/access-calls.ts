import type { Guard } from '../../../guard';
import type { AccessLedger, Ending, Span, Use } from './access-ledger';
import type { QuickAnswer, QuickClient } from './quick-client';
import type { Random } from './random';

/** One of the users of a soak, and what the calls about her were answered. */
export interface Member {
  id: number;
  uid: string;
  ledger: AccessLedger;
  sids: string[];
  /** By session: its access token. */
  tokens: Map<string, Promise<string>>;
}

export interface AccessPlace {
  random: Random;
  apis: readonly { client: QuickClient; guard: Guard }[];
  /** The access token that the provider issues to a session. */
  tokenOf(uid: string, sid: string, epoch: number): Promise<string>;
}

export const newMember = (id: number, uid: string): Member => ({
  id,
  uid,
  ledger: { endings: [], uses: [] },
  sids: [],
  tokens: new Map(),
});

/** Of how many sessions of a user those who ask choose: the latest, which may be alive. */
const KNOWN = 4;
const EXPIRES_AT = '2099-12-31T23:59:59Z';
const SHORTEST_UNTIL_MS = 300;
const UNTILS_MS = 1_500;

type Doing = (place: AccessPlace, member: Member, client: QuickClient) => Promise<void>;

/** What happens to a user, how often in a hundred, and whether it ends access. */
const mix: readonly [number, Doing, boolean][] = [
  [16, signIn, false],
  [29, touch, false],
  [43, introspect, false],
  [3, (place, member, client) => block(place, member, client), true],
  [
    2,
    (place, member, client) =>
      block(place, member, client, SHORTEST_UNTIL_MS + place.random.below(UNTILS_MS)),
    true,
  ],
  [4, unblock, true],
  [2, endSession, true],
  [1, endSessions, true],
];

/** Does one thing to a user through one of the processes, and writes down what came of it. @returns how many calls it took */
export async function anything(place: AccessPlace, member: Member): Promise<number> {
  const { random, apis } = place;
  let dice = random.below(100);
  const [, doing, ends] = mix.find(([share]) => (dice -= share) < 0) ?? mix[0] ?? [];
  await doing?.(place, member, random.pick(apis).client);
  if (!ends || random.chance(0.5)) return 1;
  // Right behind the answer, where it would first be seen that it came too early.
  await random.pick([signIn, touch, introspect])(place, member, random.pick(apis).client);
  return 2;
}

async function timed<T>(work: () => Promise<T>): Promise<Span & { answer: T }> {
  const sentAt = performance.now();
  const answer = await work();
  return { sentAt, answeredAt: performance.now(), answer };
}

const isOneOf = ({ status }: QuickAnswer, ...statuses: number[]): boolean => statuses.includes(status);

/** @throws for an answer that nothing explains; 503 is one of which nobody knows what came of the call */
function expectKnown(answer: QuickAnswer, what: string, ...statuses: number[]): void {
  if (isOneOf(answer, 503, ...statuses)) return;
  throw new Error(`${what} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function signIn({ random }: AccessPlace, { id, uid, ledger, sids }: Member, client: QuickClient) {
  const body = { clientId: 'web', expiresAt: EXPIRES_AT };
  const byUid = random.chance(0.5);
  const { answer, ...span } = await timed(() =>
    byUid
      ? client.call('POST', '/api/v1/sign-ins', { ...body, user: { uid } })
      : client.call('POST', `/api/v1/users/${id}/sessions`, body),
  );
  expectKnown(answer, 'a sign-in', 201, 403);
  if (!isOneOf(answer, 201)) return;
  type Made = { sessionId: string; epoch: number };
  const made = byUid ? (answer.body as { session: Made }).session : (answer.body as Made);
  sids.push(made.sessionId);
  ledger.uses.push({ ...span, asks: 'sign-in', sid: made.sessionId, epoch: made.epoch, accepted: true });
}

async function touch(place: AccessPlace, member: Member, client: QuickClient): Promise<void> {
  const sid = sessionOf(place, member);
  if (sid === undefined) return signIn(place, member, client);
  const { answer, ...span } = await timed(() => client.call('POST', `/api/v1/sessions/${sid}/touch`));
  expectKnown(answer, 'a touch', 200, 403);
  if (isOneOf(answer, 503)) return;
  const accepted = isOneOf(answer, 200);
  const epoch = accepted ? (answer.body as { epoch: number }).epoch : undefined;
  member.ledger.uses.push({ ...span, asks: 'touch', sid, accepted, epoch });
}

/** Asks Portcullis about a session's token, and at the same time a guard, which asks nobody. */
async function introspect(place: AccessPlace, member: Member, client: QuickClient): Promise<void> {
  const sid = sessionOf(place, member);
  const made = member.ledger.uses.find((use) => use.asks === 'sign-in' && use.sid === sid);
  if (sid === undefined || made?.epoch === undefined) return signIn(place, member, client);
  const signing = member.tokens.get(sid) ?? place.tokenOf(member.uid, sid, made.epoch);
  member.tokens.set(sid, signing);
  const token = await signing;
  const ask = (asks: Use['asks'], span: Span, accepted: boolean) =>
    member.ledger.uses.push({ ...span, asks, sid, accepted });
  const asked = timed(() => client.call('POST', '/connect/introspect', new URLSearchParams({ token })));
  const { answer: verdict, ...checked } = await timed(() => place.random.pick(place.apis).guard.check(token));
  ask('guard', checked, verdict.active);
  const { answer, ...span } = await asked;
  expectKnown(answer, 'an introspection', 200);
  if (isOneOf(answer, 200)) ask('introspection', span, (answer.body as { active: boolean }).active);
}

async function block(_place: AccessPlace, member: Member, client: QuickClient, forMs?: number) {
  const until = forMs === undefined ? undefined : performance.now() + forMs;
  const blockedUntil = forMs === undefined ? undefined : new Date(Date.now() + forMs).toISOString();
  await end(member, { does: 'block', until }, () =>
    client.call('PATCH', `/api/v1/users/${member.id}/block`, { blockedUntil }),
  );
}

async function unblock(_place: AccessPlace, member: Member, client: QuickClient): Promise<void> {
  await end(member, { does: 'unblock' }, () => client.call('PATCH', `/api/v1/users/${member.id}/unblock`));
}

async function endSession(place: AccessPlace, member: Member, client: QuickClient): Promise<void> {
  const sid = sessionOf(place, member);
  if (sid === undefined) return signIn(place, member, client);
  await end(member, { does: 'revoke', sid }, () => client.call('DELETE', `/api/v1/sessions/${sid}`));
}

async function endSessions(_place: AccessPlace, member: Member, client: QuickClient): Promise<void> {
  await end(member, { does: 'revoke' }, () => client.call('DELETE', `/api/v1/users/${member.id}/sessions`));
}

const sessionOf = ({ random }: AccessPlace, { sids }: Member): string | undefined =>
  sids.length === 0 ? undefined : random.pick(sids.slice(-KNOWN));

/** Written down before the answer, too: whoever checks meanwhile must know that it is under way. */
async function end(
  { ledger }: Member,
  ending: Pick<Ending, 'does' | 'sid' | 'until'>,
  call: () => Promise<QuickAnswer>,
): Promise<void> {
  const written: Ending = { ...ending, sentAt: performance.now(), answeredAt: Infinity };
  ledger.endings.push(written);
  const answer = await call();
  // 400: the until had passed before it was read; nothing came of it.
  expectKnown(answer, `a ${ending.does}`, 200, 204, ...(ending.until === undefined ? [] : [400]));
  if (isOneOf(answer, 400)) ledger.endings.splice(ledger.endings.indexOf(written), 1);
  if (isOneOf(answer, 400, 503)) return;
  written.answeredAt = performance.now();
  written.epoch = (answer.body as { accessEpoch?: number } | undefined)?.accessEpoch;
}
