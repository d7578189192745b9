import type { components } from '../../src/http/contract.generated';
import { currentTime, sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { describeOperation } from './support/describe-operation';
import { JOBS, newJob } from './support/jobs';

type Page = components['schemas']['SuspensionJobPage'];

describeOperation('listSuspensionJobs', {}, (test) => {
  const list = async (query: string): Promise<Page> => {
    const { status, body } = await test.call('GET', `${JOBS}?${query}`);
    expect(status).toBe(200);
    return body;
  };

  it('200: newest first, page by page, each once; none whose upload is not complete', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.unshift((await newJob(test.api, [101])).id);
    await test.api.services.database
      .query(sql`INSERT INTO suspension_jobs (id, action, state, options, actor, total,
      done_through, changed, unchanged, not_found, duplicate, refused, undoable, created_at) VALUES
      (${new Uuid(newUuid())}, 'block', 'uploading', '{}', 'admin', 1, 0, 0, 0, 0, 0, 0, 0, ${currentTime})`);
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page: Page = await list(`limit=2${next && `&cursor=${next}`}`);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(made);
  });

  it('400: a cursor that is none (I8)', async () => {
    const { status, body } = await test.call('GET', `${JOBS}?cursor=abc`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'pagination.cursor_invalid', errors: [{ pointer: '/query/cursor' }] });
  });
});
