import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeJwt } from 'jose';
import { change, type SessionBody, type UserBody } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Arrival, Browser, type Relying } from './browser';

const client: Relying = { id: 'web', secret: 'web-secret', redirectUri: 'http://127.0.0.1:9/callback' };
const RESOURCE = 'https://api.example.com';
const password = 'correct horse';

let api: TestApi;
let example: { process: ChildProcess; issuer: string };
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
  example = await startExample();
});
afterAll(async () => {
  if (example) {
    const exited = once(example.process, 'exit');
    example.process.kill();
    await exited;
  }
  await api.close();
});

/** As docs/integration.md has it started: a process of its own, told everything by its environment. */
async function startExample() {
  const { tokenUrl, audience, clients } = api.issuer;
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/oidc-provider/main.ts'], {
    cwd: join(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      PORTCULLIS_URL: api.url,
      PORTCULLIS_TOKEN_URL: tokenUrl,
      PORTCULLIS_AUDIENCE: audience,
      PORTCULLIS_CLIENT_ID: clients.idp.clientId,
      PORTCULLIS_CLIENT_SECRET: clients.idp.clientSecret,
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
      CLIENT_REDIRECT_URI: client.redirectUri,
      RESOURCE,
    },
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the example ended')));
  ended.catch(() => undefined);
  const listening = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const issuer = /^listening at (.*)$/.exec(line)?.[1];
      if (issuer) return issuer;
    }
    throw new Error('the example said nothing');
  })();
  return { process: child, issuer: await Promise.race([listening, ended]) };
}

const newBrowser = () => new Browser(example.issuer, client);

async function logIn(browser: Browser, login = 'ada'): Promise<Arrival> {
  const page = await browser.authorize();
  if (!('form' in page)) throw new Error('no form was shown');
  return browser.submit(page.form, { login, password });
}

async function signedIn(browser: Browser) {
  const arrival = await logIn(browser);
  if (!('code' in arrival)) throw new Error(`no code but ${JSON.stringify(arrival)}`);
  const tokens = await browser.redeem(arrival.code);
  expect(tokens).toMatchObject({ status: 200 });
  return { accessToken: tokens.access_token ?? '', refreshToken: tokens.refresh_token ?? '' };
}

async function findAda(): Promise<UserBody> {
  const { body } = await api.call('GET', '/api/v1/users?uid=ada');
  const [ada] = (body as { items: UserBody[] }).items;
  if (!ada) throw new Error('there is no ada');
  return ada;
}

const sessionOf = async (accessToken: string): Promise<SessionBody> =>
  (await api.call('GET', `/api/v1/sessions/${String(decodeJwt(accessToken).sid)}`)).body;

describe('oidc-provider with Portcullis behind it', () => {
  it('the first sign-in creates the user and a session, whose sid and epoch the access token carries', async () => {
    const { accessToken } = await signedIn(newBrowser());
    const ada = await findAda();
    expect(ada).toMatchObject({ email: 'ada@example.com', firstName: 'Ada', status: 'active' });
    const claims = decodeJwt(accessToken);
    expect(claims).toMatchObject({ sub: 'ada', aud: RESOURCE, client_id: 'web', epoch: ada.accessEpoch });
    expect(await sessionOf(accessToken)).toMatchObject({ userId: ada.id, clientId: 'web', active: true });
  });

  it('a refresh touches the session, and its token carries the same sid and epoch', async () => {
    const browser = newBrowser();
    const { accessToken, refreshToken } = await signedIn(browser);
    const refreshed = await browser.refresh(refreshToken);
    expect(refreshed.status).toBe(200);
    const { sid, epoch } = decodeJwt(accessToken);
    expect(decodeJwt(refreshed.access_token ?? '')).toMatchObject({ sid, epoch });
    expect((await sessionOf(accessToken)).lastSeenAt).not.toBeNull();
  });

  it('a wrong password signs nobody in', async () => {
    const browser = newBrowser();
    const page = await browser.authorize();
    if (!('form' in page)) throw new Error('no form was shown');
    expect(await browser.submit(page.form, { login: 'ada', password: 'wrong' })).toEqual({ form: page.form });
    expect(await browser.submit(page.form, { login: 'constructor', password })).toEqual({ form: page.form });
  });

  it('I1, I2: a block ends refresh and sign-in; after the unblock the user signs in anew, and what was stays dead', async () => {
    const browser = newBrowser();
    const { accessToken, refreshToken } = await signedIn(browser);
    const halfway = newBrowser();
    const unused = await logIn(halfway);
    const { id } = await findAda();

    await change(api, 'block', id);
    expect(await browser.refresh(refreshToken)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await halfway.redeem('code' in unused ? unused.code : '')).toMatchObject({
      status: 400,
      error: 'invalid_grant',
    });
    expect(await logIn(newBrowser())).toEqual({ error: 'access_denied' });

    await change(api, 'unblock', id);
    expect(await browser.refresh(refreshToken)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await sessionOf(accessToken)).toMatchObject({ active: false });

    // Her cookie at the provider alone lets her in nowhere: `logIn` expects the form.
    const anew = await signedIn(browser);
    const { accessEpoch } = await findAda();
    expect(decodeJwt(anew.accessToken)).toMatchObject({ epoch: accessEpoch });
    expect(decodeJwt(anew.accessToken).sid).not.toBe(decodeJwt(accessToken).sid);
    expect((await browser.refresh(anew.refreshToken)).status).toBe(200);
  });

  it('while Portcullis is away nothing is issued, and no refresh token is used up', async () => {
    const browser = newBrowser();
    const { refreshToken } = await signedIn(browser);
    const { dataSource } = api.services.database;
    await dataSource.destroy();
    const away = await browser.refresh(refreshToken);
    const arrival = await logIn(newBrowser());
    await dataSource.initialize();
    expect(away).toMatchObject({ status: 400, error: 'temporarily_unavailable' });
    expect(arrival).toEqual({ error: 'temporarily_unavailable' });
    expect((await browser.refresh(refreshToken)).status).toBe(200);
  });
});
