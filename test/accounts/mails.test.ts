import { type CaughtMail, type MailCatcher, startMailCatcher } from '../../local/mail-catcher';
import { toText, toUuid } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { change, done, newUser } from '../api/support/fixtures';
import { emptyTables, rowsOf, snapshotOf } from '../api/support/tables';
import { testSender } from '../email/support/sender';
import { createMakeAttempt } from '../events/make-attempt';
import { startTestApi, type TestApi } from '../support/test-api';

const EMAIL = 'eve@example.org';

let api: TestApi;
let catcher: MailCatcher;
let id: number;
beforeAll(async () => {
  [api, catcher] = await Promise.all([startTestApi({ LOG_LEVEL: 'silent' }), startMailCatcher()]);
});
beforeEach(async () => {
  await emptyTables(api.services.database);
  ({ id } = await newUser(api, { email: EMAIL, firstName: 'Eve' }));
});
afterAll(async () => {
  await api.close();
  await catcher.stop();
});

const asked = { notifyUserViaEmail: true };
const user = (rest = '') => `/api/v1/users/${id}${rest}`;
const update = async (body: object) => {
  expect((await api.call('PATCH', user(), { body })).status).toBe(200);
};
const deliveries = () => rowsOf(api.services.database, 'deliveries');

/** Makes an attempt at every e-mail that is pending, and answers those that arrived, as recipients and subjects. */
async function sendPending(smtpUrl = catcher.smtpUrl, schedule = [0, 0, 0]): Promise<[string, string][]> {
  const { database, keyring } = api.services;
  const emails = testSender({ smtpUrl, encryption: keyring.encryption });
  const attempt = createMakeAttempt(database, emails, { schedule });
  const before = (await caught()).length;
  const { rows } = await database.query(
    sql`SELECT id, target, attempts FROM deliveries WHERE state = 'pending' AND channel = 'email' ORDER BY id`,
  );
  for (const row of rows) {
    const attempted = {
      deliveryId: toUuid(row.id),
      target: toText(row.target),
      attempt: Number(row.attempts) + 1,
    };
    await attempt(attempted);
  }
  emails.close();
  return (await caught()).slice(before).map(({ to, subject }) => [to, subject]);
}

const caught = async (): Promise<CaughtMail[]> => (await (await fetch(catcher.url)).json()) as CaughtMail[];

describe('nobody who is deactivated gets mail', () => {
  it('but the one that tells it, if asked for; what was on its way is cancelled', async () => {
    await change(api, 'block', id, { body: asked });
    await done(api, 'DELETE', user(), asked);
    expect(await sendPending()).toEqual([[EMAIL, 'Your account has been deactivated']]);
    expect((await deliveries()).map(({ state }) => state)).toEqual(['cancelled', 'delivered']);
  });

  it('nor that one, if not asked for', async () => {
    await done(api, 'DELETE', user());
    expect(await sendPending()).toEqual([]);
  });

  it('nor of what happens to her then; and again once she is reactivated, if asked for', async () => {
    await done(api, 'DELETE', user());
    await change(api, 'block', id, { body: asked });
    expect(await sendPending()).toEqual([]);
    expect(await deliveries()).toMatchObject([{ state: 'cancelled' }]);
    await done(api, 'POST', user('/reactivate'), asked);
    await change(api, 'unblock', id, { body: asked });
    expect(await sendPending()).toEqual([
      [EMAIL, 'Your account has been reactivated'],
      [EMAIL, 'Your account has been restored'],
    ]);
  });
});

describe('an address that changes between the block and the sending', () => {
  const NEW = 'eve@example.net';

  it('is the one that is written to, at each attempt anew', async () => {
    await change(api, 'block', id, { body: asked });
    expect(await sendPending('smtp://127.0.0.1:9')).toEqual([]);
    await update({ email: NEW });
    expect(await sendPending()).toEqual([[NEW, 'Your account has been suspended']]);
  });

  it('I7: and stands in no row but the user’s', async () => {
    await change(api, 'block', id, { body: asked });
    const { users, ...others } = await snapshotOf(api.services.database);
    expect(JSON.stringify(users)).toContain(EMAIL);
    expect(JSON.stringify(others)).not.toContain(EMAIL);
  });

  it('where she has none any more, nothing is sent and nothing goes on', async () => {
    await change(api, 'block', id, { body: asked });
    await update({ email: null });
    expect(await sendPending()).toEqual([]);
    expect(await deliveries()).toMatchObject([{ state: 'cancelled' }]);
  });
});

describe('the language', () => {
  beforeEach(() => update({ locale: 'de-AT' }));

  it('is hers', async () => {
    await change(api, 'block', id, { body: asked });
    expect(await sendPending()).toEqual([[EMAIL, 'Ihr Konto wurde gesperrt']]);
  });

  it.each([
    ['erased', () => done(api, 'DELETE', user(), { permanent: true, ...asked }), 'Ihr Konto wurde gelöscht'],
    ['anonymised', () => done(api, 'PUT', user('/personal-data'), asked), 'Ihr Konto wurde deaktiviert'],
  ])('is kept with the address of a user who is %s', async (_name, end, subject) => {
    await end();
    expect(await sendPending()).toEqual([[EMAIL, subject]]);
  });
});

it('an e-mail that was on its way when the version changed goes to the address that was kept alone', async () => {
  await done(api, 'DELETE', user(), { permanent: true, ...asked });
  const { database, keyring } = api.services;
  const [delivery] = await deliveries();
  const deliveryId = toUuid(delivery?.id);
  const address = keyring.encryption.encrypt(EMAIL, { table: 'deliveries.recipient', rowId: deliveryId });
  await database.query(sql`UPDATE deliveries SET recipient = ${address} WHERE id = ${new Uuid(deliveryId)}`);
  expect(await sendPending()).toEqual([[EMAIL, 'Your account has been deleted']]);
});

describe.each([
  [
    'erased',
    () => done(api, 'DELETE', user(), { permanent: true, ...asked }),
    'Your account has been deleted',
  ],
  ['anonymised', () => done(api, 'PUT', user('/personal-data'), asked), 'Your account has been deactivated'],
])('a user who is %s', (_name, end, subject) => {
  it('is told at the address that she had', async () => {
    await change(api, 'block', id, { body: asked });
    await end();
    expect(await sendPending()).toEqual([[EMAIL, subject]]);
    expect(await sendPending()).toEqual([]);
  });

  it('I7: her address is kept encrypted, as long as the e-mail is on its way and no longer', async () => {
    await end();
    const [before] = await deliveries();
    expect(before?.recipient).not.toBeNull();
    expect(JSON.stringify(await deliveries())).not.toContain(EMAIL);
    // The mail server is away.
    expect(await sendPending('smtp://127.0.0.1:9')).toEqual([]);
    expect(await deliveries()).toMatchObject([{ state: 'pending', recipient: before?.recipient }]);
    expect(await sendPending()).toEqual([[EMAIL, subject]]);
    expect(await deliveries()).toMatchObject([{ state: 'delivered', recipient: null }]);
  });

  it('I7: nor once the e-mail was given up', async () => {
    await end();
    await sendPending('smtp://127.0.0.1:9', [0]);
    expect(await deliveries()).toMatchObject([{ state: 'dead', recipient: null }]);
  });
});

it('an anonymised user who is reactivated has no address that anything could be sent to', async () => {
  await done(api, 'PUT', user('/personal-data'));
  await done(api, 'POST', user('/reactivate'), asked);
  await change(api, 'block', id, { body: asked });
  expect(await deliveries()).toEqual([]);
});
