import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { newEndpoint } from './support/fixtures';

type Page = components['schemas']['WebhookEndpointPage'];

describeOperation('listWebhookEndpoints', {}, (test) => {
  const list = async (query = ''): Promise<Page> =>
    (await test.call('GET', `/api/v1/webhook-endpoints${query}`)).body;

  it('200: newest first, page by page, without secrets (I7)', async () => {
    const made = [];
    for (let count = 0; count < 5; count++) made.push((await newEndpoint(test.api)).id);
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page = await list(`?limit=2${next === null ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
      expect(JSON.stringify(page)).not.toMatch(/secret|whsec_/);
    } while (next !== null);
    expect(seen.sort()).toEqual(made.sort());
    const times = (await list()).items.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('200: those that are enabled, or not', async () => {
    const disabled = await newEndpoint(test.api, ['*'], { enabled: false });
    expect((await list('?enabled=false')).items.map(({ id }) => id)).toEqual([disabled.id]);
    const { items } = await list('?enabled=true&limit=200');
    expect(items.length).toBeGreaterThan(0);
    expect(items.filter(({ enabled }) => !enabled)).toEqual([]);
  });

  it('400: a parameter that is none names it (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/webhook-endpoints?page=2');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/query/page' }] });
  });
});
