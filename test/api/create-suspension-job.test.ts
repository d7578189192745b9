import { toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { describeOperation } from './support/describe-operation';
import { clientToken, type ProblemBody } from './support/fixtures';
import { getJob, JOBS, type JobBody, NDJSON_TYPE, outcomesOf, runJobs } from './support/jobs';
import { snapshotOf } from './support/tables';

const PATH = `${JOBS}?action=block`;
const CSV = 'text/csv';

describeOperation('createSuspensionJob', {}, (test) => {
  const upload = (body: string, contentType = NDJSON_TYPE, path = PATH, token?: string) =>
    test.call('POST', path, { body, contentType, token });
  const accepted = async (...parameters: Parameters<typeof upload>): Promise<JobBody> => {
    const { status, body, headers } = await upload(...parameters);
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`${JOBS}/${(body as JobBody).id}`);
    return body;
  };
  const idsOf = async ({ id }: JobBody) => {
    await runJobs(test.api);
    return (await outcomesOf(test.api, id)).map(({ userId }) => userId);
  };

  it('202: answers the job and where it is; nobody is changed yet', async () => {
    const query = new URLSearchParams({
      action: 'block',
      triggerWebhook: 'true',
      notifyUserViaEmail: 'true',
      suspensionReason: 'Gestohlene Zugangsdaten & mehr',
      category: 'security',
      blockedUntil: '2099-01-01T02:00:00+02:00',
      blockedByUserId: '9001',
    });
    const job = await accepted('101\n102\n101\n', NDJSON_TYPE, `${JOBS}?${String(query)}`);
    expect(job).toMatchObject({
      action: 'block',
      state: 'queued',
      undoOf: null,
      total: 3,
      processed: 1,
      counts: { changed: 0, unchanged: 0, notFound: 0, duplicate: 1, refused: 0 },
      triggerWebhook: true,
      notifyUserViaEmail: true,
      suspensionReason: 'Gestohlene Zugangsdaten & mehr',
      category: 'security',
      blockedUntil: '2099-01-01T00:00:00.000Z',
      onBehalfOfUserId: 9001,
      actor: 'admin',
      startedAt: null,
      finishedAt: null,
    });
    expect(await getJob(test.api, job.id)).toEqual(job);
  });

  it.each([
    [
      'NDJSON: ids and objects, CRLF, empty lines, no end of the last line',
      NDJSON_TYPE,
      '1\r\n{"userId": 2}\n\n \n3',
    ],
    ['NDJSON with a byte order mark', NDJSON_TYPE, '\ufeff1\n2\n3\n'],
    [
      'CSV with a header and other columns',
      CSV,
      'userId,name\r\n1,"a ""b"", c"\r\n2,\r\n3,"two\r\nlines"\r\n',
    ],
    ['CSV with a byte order mark, a header and CRLF', CSV, '\ufeffuserId\r\n1\r\n2\r\n3\r\n'],
    ['CSV with a byte order mark and no header', CSV, '\ufeff1\n2\n3'],
    ['CSV with quotes, spaces and empty lines', CSV, '"1"\n\n 2 \n3,x,y\n'],
  ])('202: %s', async (_what, contentType, body) => {
    expect(await idsOf(await accepted(body, contentType))).toEqual([1, 2, 3]);
  });

  it('202: a content type may have parameters, and the case that it likes', async () => {
    expect(await idsOf(await accepted('1\n', 'Text/CSV; charset=utf-8; header=absent'))).toEqual([1]);
  });

  it('202: more users than one transaction stores, in the order given', async () => {
    const ids = Array.from({ length: 12_345 }, (_, index) => 1_000_000 - index);
    const job = await accepted([...ids, 1_000_000].join('\n'));
    expect(job).toMatchObject({ total: 12_346, processed: 1, counts: { duplicate: 1 } });
    const { rows } = await test.api.services.database.query(
      sql`SELECT user_id FROM suspension_job_items ORDER BY job_id DESC, position LIMIT 12345`,
    );
    expect(rows.map(({ user_id }) => toInteger(user_id))).toEqual(ids);
    await test.api.call('POST', `${JOBS}/${job.id}/cancel`);
  });

  const refused = async (
    body: string | Buffer,
    { contentType = NDJSON_TYPE, path = PATH, status = 400 } = {},
  ): Promise<ProblemBody> => {
    const { database } = test.api.services;
    const before = await snapshotOf(database);
    const answer = await test.call('POST', path, { body, contentType });
    expect(answer.status).toBe(status);
    expect(await snapshotOf(database)).toEqual(before);
    return answer.body;
  };

  it('400: each faulty line by its number, and nothing is stored (I8)', async () => {
    const lines = [
      '101',
      '{',
      '"101"',
      '0',
      '1.5',
      '{"userId": "7"}',
      '{"userId": 7, "x": 1}',
      '[1]',
      'null',
      '102',
    ];
    const { errors } = await refused(lines.join('\n'));
    expect(errors).toEqual([
      { pointer: '/body/line/2', detail: 'is not JSON' },
      { pointer: '/body/line/3', detail: 'must be a user id or {"userId": <id>}' },
      { pointer: '/body/line/4', detail: 'must be a whole number from 1 to 9007199254740991' },
      { pointer: '/body/line/5', detail: 'must be a whole number from 1 to 9007199254740991' },
      { pointer: '/body/line/6', detail: 'must be a whole number from 1 to 9007199254740991' },
      { pointer: '/body/line/7', detail: 'must be a user id or {"userId": <id>}' },
      { pointer: '/body/line/8', detail: 'must be a user id or {"userId": <id>}' },
      { pointer: '/body/line/9', detail: 'must be a user id or {"userId": <id>}' },
    ]);
  });

  it('400: of many faulty lines the first twenty', async () => {
    const { errors } = await refused('x\n'.repeat(1_000), { contentType: CSV });
    expect(errors?.map(({ pointer }) => pointer)).toEqual(
      Array.from({ length: 20 }, (_, index) => `/body/line/${index + 1}`),
    );
  });

  it.each([
    ['a header in the middle', CSV, '1\nuserId\n', '/body/line/2'],
    ['another header', CSV, 'id\n1\n', '/body/line/1'],
    ['an empty first column', CSV, '1\n,2\n', '/body/line/2'],
    ['a quote that never ends', CSV, '1\n"2\n3', '/body/line/3'],
    ['an id beyond 2^53', CSV, '9007199254740992', '/body/line/1'],
    ['a line that never ends', NDJSON_TYPE, `1\n${'2'.repeat(100_000)}`, '/body/line/2'],
    ['no line', NDJSON_TYPE, '\n', '/body'],
    ['a header alone', CSV, 'userId\n', '/body'],
    ['more than a million', NDJSON_TYPE, '1\n'.repeat(1_000_001), '/body'],
  ])('400: %s (I8)', async (_what, contentType, body, pointer) => {
    expect((await refused(body, { contentType })).errors).toMatchObject([{ pointer }]);
  });

  it('400: what is not UTF-8, and no body at all', async () => {
    expect(await refused(Buffer.from([0x31, 0x0a, 0xff]))).toMatchObject({ code: 'request.malformed' });
    const { status, body } = await test.call('POST', PATH);
    expect([status, (body as ProblemBody).errors]).toEqual([
      400,
      [{ pointer: '/body', detail: 'is required' }],
    ]);
  });

  it.each([
    ['', '/query/action'],
    ['action=delete', '/query/action'],
    ['action=block&dryRun=true', '/query/dryRun'],
    ['action=block&blockedUntil=2026-02-30T00:00:00Z', '/query/blockedUntil'],
    ['action=block&blockedUntil=2020-01-01T00:00:00Z', '/query/blockedUntil'],
    ['action=block&blockedUntil=9999-01-01T00:00:00Z', '/query/blockedUntil'],
    ['action=block&category=other%20words', '/query/category'],
    ['action=block&unblockedByUserId=1', '/query/unblockedByUserId'],
    ['action=unblock&blockedUntil=2099-01-01T00:00:00Z', '/query/blockedUntil'],
    ['action=block&triggerWebhook=perhaps', '/query/triggerWebhook'],
  ])('400: the query %s (I8)', async (query, pointer) => {
    expect((await refused('101', { path: `${JOBS}?${query}` })).errors).toMatchObject([{ pointer }]);
  });

  it('403: asks for the scope of the action, and no other', async () => {
    const token = await clientToken(test.api, 'users:unblock');
    const { status, headers } = await upload('101', NDJSON_TYPE, PATH, token);
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('scope="users:block"');
    await accepted('101', NDJSON_TYPE, `${JOBS}?action=unblock`, token);
  });

  it('422: what tells a repeat by Idempotency-Key from another request is the content of the upload', async () => {
    const send = (body: string) =>
      test.call('POST', PATH, {
        body,
        contentType: NDJSON_TYPE,
        headers: { 'idempotency-key': 'the upload of today' },
      });
    const first = await send('501\n502\n');
    expect(first.status).toBe(202);
    const repeated = await send('501\n502\n');
    expect([repeated.status, repeated.body]).toEqual([202, first.body]);
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect((await send('501\n503\n')).status).toBe(422);
    expect(await idsOf(first.body)).toEqual([501, 502]);
  });

  it('413: a body that does not say its length is read no further than 32 MB', async () => {
    // Empty lines hold no id, so that it is the size that is refused.
    const megabyte = Buffer.alloc(1_048_576, '\n');
    const pieces = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(megabyte),
    });
    const authorization = `Bearer ${await test.api.issuer.tokenFor('admin')}`;
    const response = await fetch(`${test.api.url}${PATH}`, {
      method: 'POST',
      headers: { authorization, 'content-type': NDJSON_TYPE },
      body: pieces,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
  });

  it('415: a compressed body', async () => {
    const { status, body } = await test.call('POST', PATH, {
      body: '101',
      contentType: CSV,
      headers: { 'content-encoding': 'gzip' },
    });
    expect([status, (body as ProblemBody).errors]).toMatchObject([
      415,
      [{ pointer: '/headers/content-encoding' }],
    ]);
  });
});
