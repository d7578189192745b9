import { hasCurl } from '../../support/run-curl';
import { startTestApi, type TestApi } from '../../support/test-api';
import { block, blockedBy, type Member, newMember } from './support/bio-re';
import { runShell, unblockMutation, unblockUserAt } from './support/run-sample';

/** Whom the samples name. */
const BLOCKED = 'f0e1d2c3-b4a5-6789-0123-456789abcdef';

let api: TestApi;
let ada: Member;
beforeAll(async () => {
  api = await startTestApi({ BIO_RE_RATE_LIMIT: '0' });
  ada = await newMember(api);
  await newMember(api, { uid: BLOCKED });
});
afterAll(() => api.close());
beforeEach(() => block(api, ada, BLOCKED));

const failure = (code: string, more: object) => ({
  success: false,
  error: {
    code,
    message: expect.any(String) as string,
    i18nKey: expect.any(String) as string,
    i18nVars: expect.any(Object) as object,
    details: expect.any(Array) as object[],
    correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    ...more,
  },
});

/** Without curl on this machine its samples cannot be run. */
const withCurl = hasCurl ? it : it.skip;

describe('the samples of seed 001, run as they stand there', () => {
  withCurl('curl: 200 with the body of the document, then 404 user.block.not_blocked', async () => {
    expect(await runShell('unblock.sh', api.url, ada.token)).toEqual({
      status: 200,
      body: { success: true },
    });
    expect(await blockedBy(api, ada)).toEqual([]);
    expect(await runShell('unblock.sh', api.url, ada.token)).toEqual({
      status: 404,
      body: failure('user.block.not_blocked', { i18nKey: 'user.block.not_blocked' }),
    });
    // As in the document's example, but for what the request has to do with.
    expect(await runShell('unblock.sh', api.url, 'none')).toEqual({
      status: 401,
      body: failure('AUTH_UNAUTHORIZED', {
        message: 'Invalid credentials',
        i18nKey: 'auth.login.invalid_credentials',
      }),
    });
  });

  withCurl('curl of "Try it": nobody has said who it is', async () => {
    const { status, body } = await runShell('try-it.sh', api.url, '');
    expect([status, body]).toEqual([401, failure('AUTH_UNAUTHORIZED', {})]);
  });

  it('unblockUser: resolves, and throws the message with its code', async () => {
    const unblockUser = unblockUserAt(api.url, fetch);
    await expect(unblockUser(ada.token, BLOCKED)).resolves.toBeUndefined();
    expect(await blockedBy(api, ada)).toEqual([]);
    await expect(unblockUser(ada.token, BLOCKED)).rejects.toMatchObject({
      message: 'You have not blocked this user.',
      code: 'user.block.not_blocked',
    });
    await expect(unblockUser(ada.token, 'string')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(unblockUser('none', BLOCKED)).rejects.toMatchObject({ code: 'AUTH_UNAUTHORIZED' });
  });

  it('useUnblockUser: works where the page’s fetch knows origin and token, and has the list read anew', async () => {
    const invalidated: unknown[] = [];
    const page =
      (headers: Record<string, string>): typeof fetch =>
      (path, init) =>
        fetch(`${api.url}${path as string}`, { ...init, headers });
    const { mutationFn, onSuccess } = unblockMutation(
      page({ authorization: `Bearer ${ada.token}`, 'accept-language': 'fr' }),
      invalidated,
    );
    await mutationFn(BLOCKED);
    onSuccess();
    expect(invalidated).toEqual([{ queryKey: ['users', 'blocked'] }]);
    await expect(mutationFn(BLOCKED)).rejects.toMatchObject({
      message: 'Vous n’avez pas bloqué cette personne.',
      code: 'user.block.not_blocked',
      i18nKey: 'user.block.not_blocked',
    });
    const stranger = unblockMutation(page({}), invalidated);
    await expect(stranger.mutationFn(BLOCKED)).rejects.toMatchObject({
      i18nKey: 'auth.login.invalid_credentials',
    });
  });
});
