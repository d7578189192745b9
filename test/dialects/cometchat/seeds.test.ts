import { join } from 'node:path';
import { type ContractDocument, readContract } from '../../../src/http/contract';
import { newUser } from '../../api/support/fixtures';
import { type CometchatStage, startCometchat } from './support/cometchat-client';

/** The requests and answers of CometChat's own documents, with the uids that stand there. */
describe('the examples of CometChat’s documents', () => {
  let stage: CometchatStage;
  beforeAll(async () => {
    stage = await startCometchat();
    for (const at of [1, 3, 4, 6]) await newUser(stage.api, { uid: `cometchat-uid-${at}` });
  });
  afterAll(() => stage.api.close());

  it('DELETE /users/{uid}/blockedusers: {blockedUids} is answered by uid, with success and a message', async () => {
    const body = { blockedUids: ['cometchat-uid-4'] };
    const blocked = await stage.call('POST', '/users/cometchat-uid-1/blockedusers', { body });
    expect([blocked.status, blocked.body]).toEqual([
      200,
      {
        data: {
          'cometchat-uid-4': {
            success: true,
            message:
              'The user with UID cometchat-uid-1 has blocked user with UID cometchat-uid-4 successfully.',
          },
        },
      },
    ]);
    const unblocked = await stage.call('DELETE', '/users/cometchat-uid-1/blockedusers', { body });
    expect(unblocked.status).toBe(200);
    expect(unblocked.headers.get('content-type')).toContain('application/json');
    expect(unblocked.body).toEqual({
      data: { 'cometchat-uid-4': { success: true, message: expect.any(String) as string } },
    });
  });

  it('DELETE /users/{uid}: deletes, and says so in the words of the document', async () => {
    const answer = await stage.call('DELETE', '/users/cometchat-uid-6', { body: {} });
    expect([answer.status, answer.body]).toEqual([
      200,
      { data: { success: true, message: 'User with cometchat-uid-6 has been deleted successfully.' } },
    ]);
  });

  it('DELETE /users/{uid}: by default only deactivates; permanent: true cannot be undone', async () => {
    await stage.call('DELETE', '/users/cometchat-uid-3');
    const activate = { uidsToActivate: ['cometchat-uid-3'] };
    expect((await stage.call('PUT', '/users', { body: activate })).body).toMatchObject({
      data: { reactivatedUids: ['cometchat-uid-3'] },
    });
    await stage.call('DELETE', '/users/cometchat-uid-3', { body: { permanent: true } });
    expect((await stage.call('PUT', '/users', { body: activate })).body).toMatchObject({
      data: { notFound: ['cometchat-uid-3'] },
    });
  });

  it('the key goes into the header apikey, however it is written', async () => {
    const answer = await fetch(`${stage.api.url}/v3/users/cometchat-uid-1`, {
      headers: { apiKey: stage.full.key, Accept: 'application/json' },
    });
    expect(answer.status).toBe(200);
  });
});

interface DescribedOperation {
  operationId: string;
  requestBody?: { $ref?: string; content?: { 'application/json': { example: unknown } } };
}

/** In the order in which they can follow each other: who is erased or deactivated first is not found later. */
const ORDER = [
  'createCometchatUser',
  'getCometchatUser',
  'listCometchatUsers',
  'blockCometchatUsers',
  'listCometchatBlockedUsers',
  'unblockCometchatUsers',
  'deactivateCometchatUsers',
  'reactivateCometchatUsers',
  'deleteCometchatUser',
  'createCometchatKey',
  'listCometchatKeys',
  'revokeCometchatKey',
];

describe('the examples of the dialect’s own contracts', () => {
  const contracts = ['cometchat', 'cometchat-keys'].map((name) =>
    readContract(join(__dirname, `../../../src/dialects/${name}/openapi.yaml`)),
  );
  const exampleOf = ({ components }: ContractDocument, { requestBody }: DescribedOperation): unknown => {
    const bodies = components?.requestBodies as Record<string, DescribedOperation['requestBody']> | undefined;
    const named = bodies?.[requestBody?.$ref?.split('/').at(-1) ?? ''];
    return (named ?? requestBody)?.content?.['application/json'].example;
  };
  const operations = contracts.flatMap((contract) =>
    Object.entries(contract.paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item as Record<string, DescribedOperation>).map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operationId: operation.operationId,
        body: exampleOf(contract, operation),
      })),
    ),
  );

  it('are requests that succeed, and answers that the contracts allow', async () => {
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual([...ORDER].sort());
    const stage = await startCometchat();
    try {
      await newUser(stage.api, { uid: 'cometchat-uid-4' });
      const statuses: Record<string, number> = {};
      for (const operationId of ORDER) {
        const {
          path = '',
          method = '',
          body,
        } = operations.find((one) => one.operationId === operationId) ?? {};
        const { status } = path.startsWith('/v3')
          ? await stage.call(method, path.replace('/v3', '').replace('{uid}', 'cometchat-uid-1'), { body })
          : await stage.keys(method, path.includes('{') ? `/${stage.full.id}` : '', { body });
        statuses[operationId] = status;
      }
      const created = { createCometchatKey: 201, revokeCometchatKey: 204 };
      expect(statuses).toEqual({ ...Object.fromEntries(ORDER.map((id) => [id, 200])), ...created });
    } finally {
      await stage.api.close();
    }
  });
});
