import {
  done,
  getUser,
  isActive,
  newEndpoint,
  newSession,
  newUser,
  protect,
} from '../../api/support/fixtures';
import { refusalsOf, rowsOf, snapshotOf } from '../../api/support/tables';
import { type CometchatStage, startCometchat } from './support/cometchat-client';

describe('CometChat’s users', () => {
  let stage: CometchatStage;
  beforeAll(async () => (stage = await startCometchat()));
  afterAll(() => stage.api.close());

  let next = 0;
  const newUid = () => `cometchat-uid-${++next}`;
  const create = async (more: object = {}) => {
    const uid = newUid();
    const answer = await stage.call('POST', '/users', { body: { uid, name: 'Andrew Joseph', ...more } });
    return { uid, answer };
  };
  const idOf = async (uid: string) => {
    const { database } = stage.api.services;
    return Number((await rowsOf(database, 'users')).find((row) => row.uid === uid)?.id);
  };
  const snapshot = () => snapshotOf(stage.api.services.database);
  const unknown = (uid: string) => ({
    error: {
      code: 'ERR_UID_NOT_FOUND',
      message: `The UID ${uid} does not exist, please make sure you have created a user with UID ${uid}.`,
      details: {},
    },
  });

  describe('POST /v3/users', () => {
    it('makes a user of the provider: small letters, first and last name; what is not kept is forgotten', async () => {
      const body = {
        uid: 'CometChat_Uid-A',
        name: ' Ada King Lovelace ',
        avatar: 'https://example.com/a.png',
        link: 'https://example.com',
        role: 'manager',
        metadata: { '@private': { email: 'ada@example.com' } },
        tags: ['staff'],
        withAuthToken: false,
        somethingNew: 1,
      };
      const { status, body: answer } = await stage.call('POST', '/users', { body });
      expect(status).toBe(200);
      expect(answer).toEqual({
        data: {
          uid: 'cometchat_uid-a',
          name: 'Ada King Lovelace',
          status: 'offline',
          role: 'default',
          createdAt: expect.any(Number) as number,
        },
      });
      const id = await idOf('cometchat_uid-a');
      expect(await getUser(stage.api, id)).toMatchObject({
        firstName: 'Ada King',
        lastName: 'Lovelace',
        email: null,
      });
      expect((await rowsOf(stage.api.services.database, 'audit_records')).at(-1)).toMatchObject({
        actor: `cometchat:${stage.full.id}`,
        action: 'user.create',
        target: `user:${id}`,
      });
    });

    it('a uid that is taken is 400, and so is one of an erased user (I2)', async () => {
      const { uid } = await create();
      const again = await stage.call('POST', '/users', { body: { uid: uid.toUpperCase(), name: 'A' } });
      expect(again.status).toBe(400);
      expect(again.body).toMatchObject({ error: { code: 'ERR_UID_ALREADY_EXISTS', details: {} } });
      await stage.call('DELETE', `/users/${uid}`, { body: { permanent: true } });
      const erased = await stage.call('POST', '/users', { body: { uid, name: 'A' } });
      expect([erased.status, erased.body]).toMatchObject([
        400,
        { error: { code: 'ERR_UID_ALREADY_EXISTS' } },
      ]);
    });

    it.each([
      ['an empty uid', { uid: '', name: 'A' }, { uid: ['The uid field is required.'] }],
      ['no uid', { name: 'A' }, { uid: ['The uid field is required.'] }],
      ['an empty name', { uid: 'a', name: '' }, { name: ['The name field is required.'] }],
      ['a blank name', { uid: 'a', name: '  ' }, { name: ['The name field is required.'] }],
      ['a uid of other characters', { uid: 'a b', name: 'A' }, { uid: [expect.any(String)] }],
      ['a uid that is too long', { uid: 'a'.repeat(101), name: 'A' }, { uid: [expect.any(String)] }],
      ['a uid that is no text', { uid: 7, name: 'A' }, { uid: ['The uid must be string.'] }],
      ['a name that is too long', { uid: 'a', name: 'A'.repeat(101) }, { name: [expect.any(String)] }],
      ['26 tags', { uid: 'a', name: 'A', tags: Array<string>(26).fill('x') }, { tags: [expect.any(String)] }],
    ])('%s is 400, names the field and changes nothing', async (_what, body, details) => {
      const before = await rowsOf(stage.api.services.database, 'users');
      const answer = await stage.call('POST', '/users', { body });
      expect([answer.status, answer.body]).toMatchObject([
        400,
        { error: { code: 'ERR_BAD_REQUEST', details } },
      ]);
      expect(await rowsOf(stage.api.services.database, 'users')).toEqual(before);
    });

    it.each([
      ['JSON that is none', '{"uid":', 'application/json', 400],
      ['an array', '[]', 'application/json', 400],
      ['no body', undefined, undefined, 400],
      ['another media type', 'uid=a', 'application/x-www-form-urlencoded', 415],
      [
        'too much',
        JSON.stringify({ uid: 'a', name: 'A', link: 'x'.repeat(70_000) }),
        'application/json',
        413,
      ],
    ])('%s is a bad request', async (_what, body, contentType, status) => {
      const answer = await stage.call('POST', '/users', { body, contentType });
      expect([answer.status, answer.body]).toMatchObject([status, { error: { code: 'ERR_BAD_REQUEST' } }]);
    });
  });

  describe('GET /v3/users/{uid}', () => {
    it('reads the uid without case', async () => {
      const { uid } = await create();
      const { status, body } = await stage.call('GET', `/users/${uid.toUpperCase()}`);
      expect([status, body]).toMatchObject([
        200,
        { data: { uid, name: 'Andrew Joseph', status: 'offline' } },
      ]);
    });

    it('shows users of the other doors, by their uid where they have no name', async () => {
      const { uid } = await newUser(stage.api, { email: 'ada@example.com' });
      expect((await stage.call('GET', `/users/${uid}`)).body).toMatchObject({ data: { uid, name: uid } });
    });

    it('of nobody, of one who is deactivated and of one whose uid it cannot spell is the same 404', async () => {
      expect(await stage.call('GET', '/users/babuInvalid')).toMatchObject({
        status: 404,
        body: unknown('babuinvalid'),
      });
      expect(await stage.call('GET', '/users/%20')).toMatchObject({ status: 404, body: unknown('%20') });
      const long = 'a'.repeat(101);
      expect(await stage.call('GET', `/users/${long}`)).toMatchObject({ status: 404, body: unknown(long) });
      await newUser(stage.api, { uid: 'Odd.Uid' });
      expect(await stage.call('GET', '/users/Odd.Uid')).toMatchObject({
        status: 404,
        body: unknown('odd.uid'),
      });
      // The sign of the kelvin, whose small letter is ours.
      await newUser(stage.api, { uid: 'kelvin' });
      expect(await stage.call('GET', '/users/%E2%84%AAelvin')).toMatchObject({
        status: 404,
        body: unknown('%e2%84%aaelvin'),
      });
      const { uid } = await create();
      await stage.call('DELETE', `/users/${uid}`);
      expect(await stage.call('GET', `/users/${uid}`)).toMatchObject({ status: 404, body: unknown(uid) });
      expect((await stage.call('GET', '/users/%ff')).status).toBe(400);
    });
  });

  describe('DELETE /v3/users/{uid}', () => {
    it.each([[undefined], [{}], [{ permanent: false }]])(
      '%j deactivates: a session of hers is dead with the answer (I1)',
      async (body) => {
        const { uid } = await create();
        const id = await idOf(uid);
        const { sessionId } = await newSession(stage.api, id);
        const { status, body: answer } = await stage.call('DELETE', `/users/${uid}`, { body });
        expect(status).toBe(200);
        expect(answer).toEqual({
          data: { success: true, message: `User with ${uid} has been deleted successfully.` },
        });
        expect(await isActive(stage.api, sessionId)).toBe(false);
        expect(await getUser(stage.api, id)).toMatchObject({ status: 'deactivated', accessEpoch: 2 });
        // Nobody, from now on.
        expect((await stage.call('DELETE', `/users/${uid}`, { body })).body).toEqual(unknown(uid));
      },
    );

    it('the outbox tells endpoints that subscribed, and nobody by e-mail', async () => {
      await newEndpoint(stage.api, ['user.deactivated']);
      const { uid } = await newUser(stage.api, { uid: newUid(), email: 'ada@example.com' });
      await stage.call('DELETE', `/users/${uid}`);
      const { database } = stage.api.services;
      const [event] = (await rowsOf(database, 'events')).slice(-1);
      expect(JSON.parse(String(event?.payload))).toMatchObject({
        type: 'user.deactivated',
        data: { uid, actor: `cometchat:${stage.full.id}` },
      });
      const told = (await rowsOf(database, 'deliveries')).filter(
        (row) => Number(row.user_id) === Number(event?.user_id),
      );
      expect(told.map(({ channel }) => channel)).toEqual(['webhook']);
    });

    it('permanent erases her, deactivated or not', async () => {
      for (const deactivatedBefore of [false, true]) {
        const { uid } = await create();
        const id = await idOf(uid);
        if (deactivatedBefore) await stage.call('DELETE', `/users/${uid}`);
        const answer = await stage.call('DELETE', `/users/${uid}`, { body: { permanent: true } });
        expect([answer.status, answer.body]).toMatchObject([200, { data: { success: true } }]);
        expect((await stage.api.call('GET', `/api/v1/users/${id}`)).status).toBe(404);
      }
    });

    it('permanent as a text is no decision: 400, and she is as she was', async () => {
      const { uid } = await create();
      const answer = await stage.call('DELETE', `/users/${uid}`, { body: { permanent: 'true' } });
      expect([answer.status, answer.body]).toMatchObject([
        400,
        { error: { details: { permanent: [expect.any(String)] } } },
      ]);
      expect((await stage.call('GET', `/users/${uid}`)).status).toBe(200);
    });

    it('a protected user stays, whatever the key: 403, and recorded without her uid (I7)', async () => {
      const { uid } = await create();
      await protect(stage.api, await idOf(uid));
      for (const body of [{}, { permanent: true }]) {
        const answer = await stage.call('DELETE', `/users/${uid}`, { body });
        expect([answer.status, answer.body]).toMatchObject([403, { error: { code: 'AUTH_ERR_NO_ACCESS' } }]);
      }
      const bulk = await stage.call('DELETE', '/users', {
        body: { uidsToDeactivate: [(await create()).uid, uid] },
      });
      expect(bulk.status).toBe(403);
      expect((await refusalsOf(stage.api.services.database)).at(-2)).toMatchObject({
        actor: `cometchat:${stage.full.id}`,
        action: 'user.deactivate',
        code: 'user.protected',
      });
      // The trail is sealed: her uid would outlive her there.
      expect(JSON.stringify(await refusalsOf(stage.api.services.database))).not.toContain(uid);
    });
  });

  describe('in bulk', () => {
    it('deactivates and reactivates, each user with an outcome of her own', async () => {
      const [ada, bob] = [(await create()).uid, (await create()).uid];
      const { sessionId } = await newSession(stage.api, await idOf(ada));
      const deactivate = (uids: string[]) =>
        stage.call('DELETE', '/users', { body: { uidsToDeactivate: uids } });
      const activate = (uids: string[]) => stage.call('PUT', '/users', { body: { uidsToActivate: uids } });
      expect((await deactivate([ada])).body).toEqual({
        data: { deactivatedUids: [ada], alreadyDeactivatedUids: [], notFound: [] },
      });
      expect(await isActive(stage.api, sessionId)).toBe(false);
      // As they are written.
      const capital = bob.toUpperCase();
      expect((await deactivate([ada, capital, 'InvalidUserUID', 'ä ö'])).body).toEqual({
        data: {
          deactivatedUids: [capital],
          alreadyDeactivatedUids: [ada],
          notFound: ['InvalidUserUID', 'ä ö'],
        },
      });
      expect((await activate([ada, 'InvalidUID'])).body).toEqual({
        data: { reactivatedUids: [ada], nonDeactivatedUids: [], notFound: ['InvalidUID'] },
      });
      expect((await activate([ada, bob])).body).toEqual({
        data: { reactivatedUids: [bob], nonDeactivatedUids: [ada], notFound: [] },
      });
      // What died stays dead (I2).
      expect(await isActive(stage.api, sessionId)).toBe(false);
      expect((await stage.call('GET', `/users/${ada}`)).status).toBe(200);
    });

    it.each([
      ['none', []],
      ['26', Array.from({ length: 26 }, (_, at) => `nobody-${at}`)],
      ['one twice', ['nobody', 'nobody']],
      ['one twice, in capitals', ['nobody', 'NOBODY']],
      ['one twice, beside two that cannot be spelled', ['é', 'ü', 'nobody', 'NOBODY']],
      ['a blank one', [' ']],
      ['a number', [7]],
      ['a text', 'nobody'],
      ['nothing', undefined],
    ])('%s is 400 and changes nothing', async (_what, uids) => {
      const before = await rowsOf(stage.api.services.database, 'users');
      for (const [method, field] of [
        ['DELETE', 'uidsToDeactivate'],
        ['PUT', 'uidsToActivate'],
      ] as const) {
        const answer = await stage.call(method, '/users', { body: { [field]: uids } });
        expect([answer.status, answer.body]).toMatchObject([400, { error: { code: 'ERR_BAD_REQUEST' } }]);
      }
      expect(await rowsOf(stage.api.services.database, 'users')).toEqual(before);
    });
  });

  describe('GET /v3/users', () => {
    const list = async (query: string) => {
      const { status, body } = await stage.call('GET', `/users?${query}`);
      expect(status).toBe(200);
      const { data, meta } = body as { data: { uid: string }[]; meta: object };
      return { uids: data.map(({ uid }) => uid), meta };
    };

    it('pages, newest first, with the totals', async () => {
      const uids: string[] = [];
      for (const name of ['Zoë Findme', 'Zara Findme', 'Zoltan Findme']) {
        const uid = newUid();
        await stage.call('POST', '/users', { body: { uid, name } });
        uids.unshift(uid);
      }
      const [third, second, first] = uids;
      expect(await list('searchKey=findme&perPage=2')).toEqual({
        uids: [third, second],
        meta: { pagination: { total: 3, count: 2, per_page: 2, current_page: 1, total_pages: 2 } },
      });
      expect(await list('searchKey=findme&perPage=2&page=2')).toMatchObject({
        uids: [first],
        meta: { pagination: { count: 1, current_page: 2 } },
      });
      expect(await list('searchKey=findme&page=3')).toMatchObject({
        uids: [],
        meta: { pagination: { total: 3 } },
      });
      expect((await list('searchKey=zoë')).uids).toEqual([first]);
      expect((await list(`searchKey=${String(second).toUpperCase()}`)).uids).toEqual([second]);
      expect((await list('')).meta).toMatchObject({ pagination: { per_page: 100, current_page: 1 } });
    });

    it('leaves out who is deactivated unless asked, and whom it cannot spell', async () => {
      const [here, gone] = [newUid(), newUid()];
      for (const uid of [here, gone])
        await stage.call('POST', '/users', { body: { uid, name: 'Mia Seekme' } });
      for (const uid of ['Not-Spelled', 'not spelled', 'not.spelled', 'nöt-spelled', 'not-spelled\n'])
        await newUser(stage.api, { uid, firstName: 'Mia', lastName: 'Seekme' });
      await stage.call('DELETE', `/users/${gone}`);
      expect((await list('searchKey=seekme')).uids).toEqual([here]);
      expect((await list('searchKey=seekme&withDeactivated=true')).uids).toEqual([gone, here]);
      expect((await list('searchKey=seekme&onlyDeactivated=true')).uids).toEqual([gone]);
    });

    it('knows no presence, roles and tags: everybody is offline and default', async () => {
      const all = await list('');
      expect(await list('status=offline&role=default&withTags=true&sortBy=name')).toEqual(all);
      for (const query of ['status=available', 'role=manager', 'tags=staff']) {
        expect(await list(query)).toMatchObject({
          uids: [],
          meta: { pagination: { total: 0, total_pages: 1 } },
        });
      }
    });

    it.each([
      'perPage=0',
      'perPage=1001',
      'perPage=x',
      'page=0',
      'status=unheard',
      'searchKey=%00',
      'withDeactivated=2',
    ])('%s is 400', async (query) => {
      const answer = await stage.call('GET', `/users?${query}`);
      const [name = ''] = query.split('=');
      expect([answer.status, answer.body]).toMatchObject([
        400,
        { error: { code: 'ERR_BAD_REQUEST', details: { [name]: [expect.any(String)] } } },
      ]);
    });
  });

  it('sees who is suspended as anybody else, and changes nothing of that', async () => {
    const { uid } = await create();
    const id = await idOf(uid);
    await done(stage.api, 'PATCH', `/api/v1/users/${id}/block`, {});
    expect((await stage.call('GET', `/users/${uid}`)).status).toBe(200);
    await stage.call('DELETE', `/users/${uid}`);
    await stage.call('PUT', '/users', { body: { uidsToActivate: [uid] } });
    expect(await getUser(stage.api, id)).toMatchObject({ status: 'suspended' });
    const before = await snapshot();
    expect((await stage.call('PUT', '/users', { body: { uidsToActivate: [uid] } })).status).toBe(200);
    expect(await snapshot()).toEqual(before);
  });
});
