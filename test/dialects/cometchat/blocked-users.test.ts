import { done, newEndpoint, newUser } from '../../api/support/fixtures';
import { rowsOf, snapshotOf } from '../../api/support/tables';
import { type CometchatStage, startCometchat } from './support/cometchat-client';

describe('CometChat’s blocked users', () => {
  let stage: CometchatStage;
  beforeAll(async () => (stage = await startCometchat({ BLOCK_LIST_MAX: '3' })));
  afterAll(() => stage.api.close());

  let next = 0;
  /** Users by uid, made through our own API. */
  const users = async (count: number): Promise<string[]> => {
    const made: string[] = [];
    for (let left = count; left > 0; left--) {
      const { uid } = await newUser(stage.api, {
        uid: `blocked-${++next}`,
        firstName: 'Barry',
        lastName: 'Allen',
      });
      made.push(uid);
    }
    return made;
  };
  const block = (owner: string, ...blockedUids: string[]) =>
    stage.call('POST', `/users/${owner}/blockedusers`, { body: { blockedUids } });
  const unblock = (owner: string, ...blockedUids: string[]) =>
    stage.call('DELETE', `/users/${owner}/blockedusers`, { body: { blockedUids } });
  const list = async (owner: string, query = '') => {
    const { status, body } = await stage.call('GET', `/users/${owner}/blockedusers?${query}`);
    expect(status).toBe(200);
    return body as { data: ({ uid: string } & Record<string, unknown>)[]; meta: object };
  };
  const uidsOf = ({ data }: { data: { uid: string }[] }) => data.map(({ uid }) => uid);
  const snapshot = () => snapshotOf(stage.api.services.database);

  it('blocks and unblocks, each user with an outcome of her own', async () => {
    const [ada = '', bob = '', cleo = ''] = await users(3);
    expect(await block(ada, bob, 'InvalidUIDForBlockUSER', ada)).toMatchObject({
      status: 200,
      body: {
        data: {
          [bob]: {
            success: true,
            message: `The user with UID ${ada} has blocked user with UID ${bob} successfully.`,
          },
          InvalidUIDForBlockUSER: {
            success: false,
            message:
              'The UID invaliduidforblockuser does not exist, please make sure you have created a user with UID invaliduidforblockuser.',
          },
          [ada]: { success: false, message: `The user with UID ${ada} cannot block or unblock herself.` },
        },
      },
    });
    expect((await block(ada, bob)).body).toEqual({
      data: {
        [bob]: {
          success: false,
          message: `The user with UID ${ada} has already blocked user with UID ${bob}.`,
        },
      },
    });
    expect(uidsOf(await list(ada))).toEqual([bob]);
    // In the other direction nothing has happened.
    expect(uidsOf(await list(bob))).toEqual([]);
    expect((await unblock(ada, bob.toUpperCase(), cleo)).body).toEqual({
      data: {
        [bob.toUpperCase()]: {
          success: true,
          message: `The user with UID ${ada} has unblocked user with UID ${bob} successfully.`,
        },
        [cleo]: {
          success: false,
          message: `The user with UID ${ada} has not blocked user with UID ${cleo}.`,
        },
      },
    });
    expect(uidsOf(await list(ada))).toEqual([]);
  });

  it('is the block list of our own API: audited under the key, told to endpoints that subscribed', async () => {
    await newEndpoint(stage.api, ['block_list.added', 'block_list.removed']);
    const [ada = '', bob = ''] = await users(2);
    await block(ada, bob);
    await unblock(ada, bob);
    const { database } = stage.api.services;
    expect((await rowsOf(database, 'audit_records')).slice(-2)).toMatchObject(
      ['block_list.add', 'block_list.remove'].map((action) => ({
        action,
        actor: `cometchat:${stage.full.id}`,
      })),
    );
    expect((await rowsOf(database, 'events')).slice(-2).map(({ type }) => type as string)).toEqual([
      'block_list.added',
      'block_list.removed',
    ]);
    expect((await rowsOf(database, 'deliveries')).slice(-2).map(({ channel }) => channel as string)).toEqual([
      'webhook',
      'webhook',
    ]);
  });

  it('a list is only so long: who has no room any more is no success', async () => {
    const [ada = '', ...others] = await users(5);
    const { body } = await block(ada, ...others);
    const { data } = body as { data: Record<string, { success: boolean }> };
    expect(others.map((uid) => data[uid]?.success)).toEqual([true, true, true, false]);
    expect(data[others[3] ?? '']).toEqual({
      success: false,
      message: `The user with UID ${ada} has blocked as many users as one may.`,
    });
  });

  it('lists by direction, newest first, each once, page by page', async () => {
    const [ada = '', bob = '', cleo = '', dan = ''] = await users(4);
    for (const uid of [bob, cleo]) await block(ada, uid);
    for (const uid of [cleo, dan]) await block(uid, ada);
    const time = expect.any(Number) as number;
    const known = {
      name: 'Barry Allen',
      status: 'offline',
      role: 'default',
      createdAt: time,
      updatedAt: time,
    };
    const mutual = {
      blockedByMe: true,
      blockedByMeAt: time,
      hasBlockedMe: true,
      hasBlockedMeAt: time,
      blockedAt: time,
    };
    expect((await list(ada)).data).toEqual([
      { ...known, uid: cleo, ...mutual },
      { ...known, uid: bob, blockedByMe: true, blockedByMeAt: time, hasBlockedMe: false, blockedAt: time },
    ]);
    expect((await list(ada, 'direction=hasBlockedMe')).data).toEqual([
      { ...known, uid: dan, blockedByMe: false, hasBlockedMe: true, hasBlockedMeAt: time, blockedAt: time },
      { ...known, uid: cleo, ...mutual },
    ]);
    const both = await list(ada, 'direction=both&perPage=2');
    expect(uidsOf(both)).toEqual([dan, cleo]);
    expect(both.meta).toEqual({
      pagination: { total: 3, count: 2, per_page: 2, current_page: 1, total_pages: 2 },
    });
    expect(uidsOf(await list(ada, 'direction=both&perPage=2&page=2'))).toEqual([bob]);
    // Seconds, as CometChat's clients read them.
    const [{ blockedAt } = { blockedAt: 0 }] = (await list(ada)).data;
    expect(Math.abs(Number(blockedAt) - Date.now() / 1000)).toBeLessThan(600);
  });

  it('who is deactivated is on no list and can be blocked by nobody, until she is back; who is suspended is', async () => {
    const [ada = '', bob = '', cleo = ''] = await users(3);
    await block(ada, bob);
    await stage.call('DELETE', `/users/${bob}`);
    await stage.call('DELETE', `/users/${cleo}`);
    expect(await list(ada)).toMatchObject({ data: [], meta: { pagination: { total: 0 } } });
    expect((await block(ada, cleo)).body).toMatchObject({ data: { [cleo]: { success: false } } });
    expect((await stage.call('GET', `/users/${cleo}/blockedusers`)).status).toBe(404);
    expect((await block(cleo, ada)).status).toBe(404);
    await stage.call('PUT', '/users', { body: { uidsToActivate: [bob] } });
    const { id } = await newUser(stage.api, { uid: 'suspended-one' });
    await done(stage.api, 'PATCH', `/api/v1/users/${id}/block`, {});
    await block(ada, 'suspended-one');
    expect(uidsOf(await list(ada))).toEqual(['suspended-one', bob]);
  });

  it.each(['POST', 'DELETE', 'GET'])('%s for nobody is 404, whatever the case of the uid', async (method) => {
    const answer = await stage.call(method, '/users/Nobody-Here/blockedusers', {
      body: method === 'GET' ? undefined : { blockedUids: ['a'] },
    });
    expect([answer.status, answer.body]).toMatchObject([
      404,
      {
        error: {
          code: 'ERR_UID_NOT_FOUND',
          message: expect.stringContaining('The UID nobody-here does not') as string,
        },
      },
    ]);
  });

  it.each([
    ['a blank uid', { blockedUids: [' '] }, { 'blockedUids.0': ['The blockedUids.0 field is required.'] }],
    ['none', { blockedUids: [] }, { blockedUids: ['The blockedUids field is required.'] }],
    ['one twice', { blockedUids: ['a', 'a'] }, { blockedUids: [expect.any(String)] }],
    ['one twice, in capitals', { blockedUids: ['a', 'A'] }, { 'blockedUids.1': [expect.any(String)] }],
    [
      '101',
      { blockedUids: Array.from({ length: 101 }, (_, at) => `a${at}`) },
      { blockedUids: [expect.any(String)] },
    ],
    ['a number', { blockedUids: [1] }, { 'blockedUids.0': ['The blockedUids.0 must be string.'] }],
    ['nothing', {}, { blockedUids: ['The blockedUids field is required.'] }],
    ['no body', undefined, {}],
    ['JSON that is none', '{"blockedUids":[', {}],
  ])('%s is 400 and changes nothing', async (_what, body, details) => {
    const [ada = ''] = await users(1);
    const before = await snapshot();
    for (const method of ['POST', 'DELETE']) {
      const answer = await stage.call(method, `/users/${ada}/blockedusers`, { body });
      expect([answer.status, answer.body]).toMatchObject([
        400,
        { error: { code: 'ERR_BAD_REQUEST', details } },
      ]);
    }
    expect(await snapshot()).toEqual(before);
  });

  it.each(['ä', 'a'.repeat(101), 'a b', '__proto__', '\ud800', 'a\u0000'])(
    '%j can be nobody’s uid, and is told so',
    async (uid) => {
      const [ada = ''] = await users(1);
      const { status, body } = await block(ada, uid);
      expect(status).toBe(200);
      expect(Object.entries((body as { data: object }).data)).toMatchObject([[uid, { success: false }]]);
    },
  );

  it.each(['direction=sideways', 'perPage=0', 'perPage=1001', 'page=0'])('%s is 400', async (query) => {
    const [ada = ''] = await users(1);
    const answer = await stage.call('GET', `/users/${ada}/blockedusers?${query}`);
    expect([answer.status, answer.body]).toMatchObject([400, { error: { code: 'ERR_BAD_REQUEST' } }]);
  });
});
