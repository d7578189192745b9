import { randomBytes } from 'node:crypto';
import { signRequest } from '../../../src/dialects/zim/sign-request';
import type { TestApi } from '../../support/test-api';

export interface ZimAnswer {
  Code: number;
  Message: string;
  RequestId: string;
  ErrList?: { UserId: string; SubCode: number }[];
  ErrorList?: { UserId: string; SubCode: number; SubMessage: string }[];
  Succ?: { UserId: string; Result: number }[];
  TotalCount?: number;
  Next?: number;
  Blacklist?: { UserId: string; UserName: string; Avatar: string; UpdateTime: number }[];
}

export interface ZimApp {
  appId: number;
  serverSecret: string;
}

export interface ZimClient {
  app: ZimApp;
  /** A POST of an action, signed; the body as it stands where it is a text. */
  post(action: string, body: unknown): Promise<ZimAnswer>;
  /** A GET of an action, signed. */
  get(action: string, query: Record<string, string>): Promise<ZimAnswer>;
  /** The common parameters of a call, some of them another or, where undefined, none. */
  parameters(others?: Record<string, string | undefined>): URLSearchParams;
  /** What comes of a call as it is given; its status is 200, or it fails. */
  send(method: string, parameters: URLSearchParams, body?: unknown): Promise<ZimAnswer>;
}

/** Written from the vendor's documents, so that no mistake of ours is made twice. */
export function createZimClient(url: string, app: ZimApp): ZimClient {
  const parameters: ZimClient['parameters'] = (others = {}) => {
    const appId = String(app.appId);
    const nonce = others.SignatureNonce ?? randomBytes(8).toString('hex');
    const timestamp = others.Timestamp ?? String(Math.floor(Date.now() / 1000));
    const all = {
      AppId: appId,
      SignatureNonce: nonce,
      Timestamp: timestamp,
      SignatureVersion: '2.0',
      Signature: signRequest({ appId, nonce, timestamp }, app.serverSecret),
      ...others,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return new URLSearchParams(given);
  };
  const send: ZimClient['send'] = async (method, query, body) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers = text === undefined ? undefined : { 'content-type': 'application/json' };
    const response = await fetch(`${url}/?${query.toString()}`, { method, headers, body: text });
    expect(response.status).toBe(200);
    const answer = (await response.json()) as ZimAnswer;
    expect(answer.RequestId).toMatch(/^[1-9][0-9]{17}$/);
    expect(answer.RequestId).toBe(response.headers.get('x-request-id'));
    return answer;
  };
  return {
    app,
    parameters,
    send,
    post: (Action, body) => send('POST', parameters({ Action }), body),
    get: (Action, query) => send('GET', parameters({ Action, ...query })),
  };
}

/** Registers an app, as an operator does, and makes a client of it. */
export async function newZimClient(api: TestApi): Promise<ZimClient> {
  const response = await fetch(`${api.url}/api/v1/zim/apps`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await api.issuer.tokenFor('admin')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'Chat' }),
  });
  expect(response.status).toBe(201);
  return createZimClient(api.url, (await response.json()) as ZimApp);
}

/** Registers users and answers nothing; it fails where one of them is there. */
export async function register(client: ZimClient, ...ids: string[]): Promise<void> {
  const answer = await client.post('UserRegister', { UserInfo: ids.map((UserId) => ({ UserId })) });
  expect(answer).toMatchObject({ Code: 0, ErrorList: [] });
}

/** With the dialect, its own answers held against its contract. */
export const ZIM_ENVIRONMENT = { DIALECTS: 'zim', VALIDATE_RESPONSES: 'true' };
