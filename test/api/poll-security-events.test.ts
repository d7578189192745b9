import { createLocalJWKSet, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { components } from '../../src/http/contract.generated';
import { sql } from '../../src/database/sql';
import { newUuid } from '../../src/database/uuid';
import { storedAttempts, storedDelivery } from '../events/delivery-fixtures';
import { newStream, owe, type OwedSeed, type StreamSeed } from '../security-events/stream-fixtures';
import { describeOperation, type OperationTest } from './support/describe-operation';
import { change, clientToken, done, newUser, type ProblemBody } from './support/fixtures';

type Polled = components['schemas']['PolledSecurityEvents'];
type PollBody = Partial<components['schemas']['PollSecurityEvents']>;

const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const missing = { path: `/ssf/streams/${newUuid()}/poll`, code: 'stream.not_found' };

/** A receiver with a stream of its own. */
async function newReceiver({ api, call }: OperationTest, seed: StreamSeed = {}) {
  const clientId = `receiver-${newUuid()}`;
  const token = await api.issuer.sign({ sub: clientId, client_id: clientId, scope: 'ssf.read' });
  const { database } = api.services;
  const streamId = await newStream(database, { method: 'poll', clientId, ...seed });
  const poll = async (body: PollBody = { returnImmediately: true }) => {
    const answer = await call('POST', `/ssf/streams/${streamId}/poll`, { body, token });
    return { status: answer.status, ...(answer.body as Polled), problem: answer.body as ProblemBody };
  };
  const owed = (more: OwedSeed = {}) => owe(database, streamId, { state: 'held', ...more });
  return { clientId, token, streamId, poll, owed };
}

const idsOf = ({ sets }: Polled) => Object.keys(sets);
const now = { returnImmediately: true };

describeOperation(
  'pollSecurityEvents',
  {
    missing,
    // The stream of the client whose tokens the tests of every operation use.
    path: async (api) => {
      const { sub } = JSON.parse(
        Buffer.from((await api.issuer.tokenFor('admin')).split('.')[1] ?? '', 'base64url').toString(),
      ) as { sub: string };
      const streamId = await newStream(api.services.database, { method: 'poll', clientId: sub });
      return `/ssf/streams/${streamId}/poll`;
    },
  },
  (test) => {
    const database = () => test.api.services.database;
    const stateOf = async (id: string) => (await storedDelivery(database(), id)).state;

    /** As a receiver does, by the JWKS that we publish. */
    const verified = async ({ sets }: Polled, audience: string): Promise<JWTPayload[]> => {
      const { body } = await test.call('GET', '/jwks.json');
      const keys = createLocalJWKSet(body);
      const options = { issuer: test.api.config.PUBLIC_URL, audience, typ: 'secevent+jwt' };
      return Promise.all(
        Object.entries(sets).map(async ([jti, token]) => {
          const { payload } = await jwtVerify(token, keys, options);
          expect(payload.jti).toBe(jti);
          return payload;
        }),
      );
    };

    it('200: a block is told as two tokens with one txn, which the published keys verify', async () => {
      const { clientId, poll } = await newReceiver(test);
      const { id, uid } = await newUser(test.api);
      await change(test.api, 'block', id, { body: { suspensionReason: 'internal' } });
      const answer = await poll();
      expect(answer.moreAvailable).toBe(false);
      const tokens = await verified(answer, clientId);
      const events = tokens.map(({ events }) => Object.keys(events as object)).flat();
      expect(events.sort()).toEqual([`${CAEP}session-revoked`, `${RISC}account-disabled`]);
      expect(new Set(tokens.map(({ txn }) => txn)).size).toBe(1);
      for (const { sub_id } of tokens) {
        expect(sub_id).toEqual({ format: 'iss_sub', iss: test.api.config.ISSUER, sub: uid });
      }
      expect(JSON.stringify(tokens)).not.toContain('internal');
      await poll({ ...now, ack: idsOf(answer) });
    });

    it('200: account-purged still tells whom it is about, after what she was before', async () => {
      const { clientId, poll } = await newReceiver(test);
      const { id, uid } = await newUser(test.api);
      await change(test.api, 'block', id);
      await done(test.api, 'DELETE', `/api/v1/users/${id}`, { permanent: true });
      const before = await poll();
      const after = await poll({ ...now, ack: idsOf(before) });
      const [disabled, purged] = [await verified(before, clientId), await verified(after, clientId)];
      const told = [disabled, purged].map((tokens) =>
        tokens.flatMap(({ events }) => Object.keys(events as object)).sort(),
      );
      const ended = `${CAEP}session-revoked`;
      expect(told).toEqual([
        [ended, `${RISC}account-disabled`],
        [ended, `${RISC}account-purged`],
      ]);
      const tokens = [...disabled, ...purged];
      for (const { sub_id } of tokens) expect(sub_id).toMatchObject({ sub: uid });
    });

    it('200: a token comes again, as it was, until it is acknowledged (RFC 8936, section 2.4)', async () => {
      const { clientId, poll, owed } = await newReceiver(test);
      const id = await owed();
      const [first] = await verified(await poll(), clientId);
      const [second] = await verified(await poll(), clientId);
      expect(second).toEqual(first);
      expect(await poll({ ...now, ack: [id] })).toMatchObject({ sets: {}, moreAvailable: false });
      expect(await stateOf(id)).toBe('delivered');
      // Said again, and of what is not there.
      const again = { ...now, ack: [id, newUuid(), 'no-uuid'] };
      expect(await poll(again)).toMatchObject({ status: 200, sets: {} });
    });

    it('200: a token that is refused is given up, with the receiver’s words (RFC 8936, section 2.6)', async () => {
      const { poll, owed } = await newReceiver(test);
      const id = await owed();
      const setErrs = { [id]: { err: 'invalid_key', description: 'no\u0007 such key' } };
      expect(await poll({ ...now, setErrs })).toMatchObject({ sets: {} });
      expect(await stateOf(id)).toBe('dead');
      expect(await storedAttempts(database(), id)).toMatchObject([
        { number: 1, outcome: 'gave_up', error: 'the receiver refused the token (invalid_key)' },
      ]);
      await poll({ ...now, setErrs });
      expect(await storedAttempts(database(), id)).toHaveLength(1);
    });

    it('200: a token that is refused by its id in capitals is refused, and not taken', async () => {
      const { poll, owed } = await newReceiver(test);
      const id = await owed();
      await poll({ ...now, setErrs: { [id.toUpperCase()]: { err: 'invalid_request' } } });
      expect(await stateOf(id)).toBe('dead');
    });

    it('200: maxEvents bounds an answer; 0 acknowledges and fetches nothing', async () => {
      const { poll, owed } = await newReceiver(test);
      const ids = [];
      for (const userId of [1, 2, 3]) ids.push(await owed({ userId, createdInMs: userId }));
      const first = await poll({ ...now, maxEvents: 2 });
      expect([idsOf(first), first.moreAvailable]).toEqual([ids.slice(0, 2), true]);
      const none = await poll({ maxEvents: 0, ack: idsOf(first) });
      expect([idsOf(none), none.moreAvailable]).toEqual([[], true]);
      const last = await poll({ ...now, maxEvents: 2 });
      expect([idsOf(last), last.moreAvailable]).toEqual([ids.slice(2), false]);
    });

    it('I5: of one user an answer holds one change, and the next follows its acknowledgement', async () => {
      const { poll, owed } = await newReceiver(test);
      const blocked = await owed({ sequence: 1, createdInMs: 1 });
      const unblocked = await owed({ sequence: 2, type: 'user.unblocked', createdInMs: 2 });
      const other = await owed({ userId: 102, createdInMs: 3 });
      const first = await poll();
      expect([idsOf(first), first.moreAvailable]).toEqual([[blocked, other], true]);
      expect(idsOf(await poll({ ...now, ack: [other] }))).toEqual([blocked]);
      const second = await poll({ ...now, ack: [blocked] });
      expect([idsOf(second), second.moreAvailable]).toEqual([[unblocked], false]);
    });

    it('I5: somebody of whom hundreds of changes are owed keeps nobody waiting for long', async () => {
      const { poll, owed, streamId } = await newReceiver(test);
      for (let sequence = 1; sequence <= 300; sequence++) await owed({ sequence, createdInMs: sequence });
      const other = await owed({ userId: 102, createdInMs: 400 });
      const answer = await poll();
      expect(idsOf(answer)).toHaveLength(2);
      expect(idsOf(answer)).toContain(other);
      expect(answer.moreAvailable).toBe(true);
      await database().query(sql`DELETE FROM deliveries WHERE target = ${streamId}`);
    });

    it('200: two receivers who poll at once get the same, and both may acknowledge it', async () => {
      const { poll, owed } = await newReceiver(test);
      const id = await owed();
      const answers = await Promise.all([poll(), poll()]);
      expect(answers.map(idsOf)).toEqual([[id], [id]]);
      const acknowledged = await Promise.all([poll({ ...now, ack: [id] }), poll({ ...now, ack: [id] })]);
      expect(acknowledged.map(({ status }) => status)).toEqual([200, 200]);
    });

    it('429: four polls of a client wait at once, and no more; who leaves makes room', async () => {
      const { poll, owed, token, streamId } = await newReceiver(test);
      const other = await newReceiver(test);
      const wait = () => test.call('POST', `/ssf/streams/${streamId}/poll`, { body: {}, token });
      const polls = Array.from({ length: 5 }, wait);
      // Whoever has a place waits.
      const { status, body, headers } = await Promise.race(polls);
      expect([status, body]).toEqual([429, expect.objectContaining({ code: 'rate_limit.exceeded' })]);
      expect(headers.get('retry-after')).toBe('1');
      expect((await other.poll()).status).toBe(200);
      const id = await owed();
      const answers = await Promise.all(polls);
      const inPlace = answers.filter((answer) => answer.status === 200);
      expect(inPlace.map((answer) => idsOf(answer.body))).toEqual(Array(4).fill([id]));
      expect((await poll()).status).toBe(200);
    });

    it('200: a poll waits, and is answered by what happens meanwhile', async () => {
      const { clientId, poll } = await newReceiver(test);
      const { id } = await newUser(test.api);
      const waiting = poll({});
      const started = performance.now();
      await change(test.api, 'block', id);
      const tokens = await verified(await waiting, clientId);
      expect(tokens).toHaveLength(2);
      expect(performance.now() - started).toBeLessThan(5_000);
    });

    it('200: a stream gets what it has asked for', async () => {
      const { clientId, poll } = await newReceiver(test, { eventsRequested: [`${RISC}account-enabled`] });
      const { id } = await newUser(test.api);
      await change(test.api, 'block', id);
      expect(idsOf(await poll())).toEqual([]);
      await change(test.api, 'unblock', id);
      const tokens = await verified(await poll(), clientId);
      expect(tokens.map(({ events }) => Object.keys(events as object))).toEqual([[`${RISC}account-enabled`]]);
    });

    it('200: a stream that was paused is told that, and nothing else', async () => {
      const { poll, owed, streamId } = await newReceiver(test, { status: 'paused' });
      await owed();
      expect(idsOf(await poll())).toEqual([]);
      const told = await owed({
        type: 'stream.updated',
        userId: null,
        sequence: null,
        data: { streamId, status: 'paused' },
      });
      expect(idsOf(await poll())).toEqual([told]);
    });

    it('400: a stream that is disabled is told that first', async () => {
      const { poll, owed, streamId } = await newReceiver(test, { status: 'disabled' });
      const data = { streamId, status: 'disabled' };
      const told = await owed({ type: 'stream.updated', userId: null, sequence: null, data });
      expect(idsOf(await poll())).toEqual([told]);
      const { status, problem } = await poll({ ...now, ack: [told] });
      expect([status, problem.code]).toEqual([400, 'stream.disabled']);
    });

    it('I7: another client’s stream is not there for it, nor is one that is pushed to', async () => {
      const other = await newReceiver(test);
      const pushed = await newReceiver(test, { method: 'push' });
      const id = await other.owed();
      const token = await clientToken(test.api, 'ssf.read');
      const path = `/ssf/streams/${other.streamId}/poll`;
      const { status } = await test.call('POST', path, { token, body: { ...now, ack: [id] } });
      expect(status).toBe(404);
      expect(await stateOf(id)).toBe('held');
      expect((await pushed.poll()).status).toBe(404);
    });

    it('I7: nobody acknowledges what another stream is owed', async () => {
      const [one, other] = [await newReceiver(test), await newReceiver(test)];
      const id = await other.owed();
      await one.poll({ ...now, ack: [id], setErrs: { [id]: { err: 'invalid_request' } } });
      expect(await stateOf(id)).toBe('held');
    });

    it.each<[string, unknown]>([
      ['/body/maxEvents', { maxEvents: -1 }],
      ['/body/maxEvents', { maxEvents: 1.5 }],
      ['/body/returnImmediately', { returnImmediately: 'yes' }],
      ['/body/ack', { ack: 'a' }],
      ['/body/ack/0', { ack: [7] }],
      ['/body/ack/0', { ack: [''] }],
      ['/body/ack', { ack: Array(1001).fill('a') }],
      ['/body/setErrs', { setErrs: [] }],
      ['/body/setErrs/a/err', { setErrs: { a: {} } }],
      ['/body/setErrs/a/err', { setErrs: { a: { err: '\u0000' } } }],
      ['/body/setErrs/a/more', { setErrs: { a: { err: 'e', more: 1 } } }],
      ['/body/more', { more: 1 }],
    ])('400: %s is named, and nothing is acknowledged (I8)', async (pointer, body) => {
      const { poll, owed } = await newReceiver(test);
      const id = await owed();
      const { status, problem } = await poll({ ...(body as object) });
      expect(status).toBe(400);
      expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
      expect(await stateOf(id)).toBe('held');
    });
  },
);
