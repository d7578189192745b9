import { startTestApi, type TestApi } from '../../../support/test-api';

export interface CometchatAnswer {
  status: number;
  headers: Headers;
  body: never;
}

interface CallOptions {
  /** Null sends none. */
  key?: string | null;
  /** Sent as JSON; a text is sent as it is. */
  body?: unknown;
  contentType?: string;
}

export interface ApiKeyBody {
  id: string;
  key: string;
  createdAt: string;
}

/** The API with CometChat's dialect, whose answers are held against its contract, and keys for it. */
export interface CometchatStage {
  api: TestApi;
  /** Below `/v3`; with a key that may do everything, where no other is given. */
  call(method: string, path: string, options?: CallOptions): Promise<CometchatAnswer>;
  /** To `/api/v1/cometchat/api-keys`; with the token of a client that has `system_api`, where no other is given. */
  keys(method: string, path?: string, options?: { body?: unknown; token?: string }): Promise<CometchatAnswer>;
  newKey(body?: object): Promise<ApiKeyBody>;
  full: ApiKeyBody;
}

export async function startCometchat(environment: NodeJS.ProcessEnv = {}): Promise<CometchatStage> {
  const api = await startTestApi({ DIALECTS: 'cometchat', VALIDATE_RESPONSES: 'true', ...environment });
  const admin = await api.issuer.tokenFor('admin');
  const keys: CometchatStage['keys'] = (method, path = '', { body, token = admin } = {}) =>
    send(`${api.url}/api/v1/cometchat/api-keys${path}`, method, { authorization: `Bearer ${token}` }, body);
  const newKey: CometchatStage['newKey'] = async (body = {}) => {
    const input = { name: 'tests', access: 'full', ...body };
    const answer = await keys('POST', '', { body: input });
    if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const full = await newKey({ mayErase: true });
  return {
    api,
    keys,
    newKey,
    full,
    call: (method, path, { key = full.key, body, contentType } = {}) =>
      send(`${api.url}/v3${path}`, method, key === null ? {} : { apikey: key }, body, contentType),
  };
}

async function send(
  url: string,
  method: string,
  credentials: Record<string, string>,
  body: unknown,
  contentType = 'application/json',
): Promise<CometchatAnswer> {
  const response = await fetch(url, {
    method,
    headers: { ...credentials, ...(body === undefined ? {} : { 'content-type': contentType }) },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed = text === '' ? undefined : (JSON.parse(text) as unknown);
  return { status: response.status, headers: response.headers, body: parsed as never };
}
