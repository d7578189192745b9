import type { components } from '../../src/http/contract.generated';
import { addAll } from './support/block-lists';
import { describeOperation } from './support/describe-operation';
import { change, done, newUser } from './support/fixtures';

type Checked = components['schemas']['CheckedBlocks'];

describeOperation('checkBlocks', {}, (test) => {
  const newId = async () => (await newUser(test.api)).id;
  const check = async (...pairs: [number, number][]) => {
    const { status, body } = await test.call('POST', '/api/v1/block-lists/check', {
      body: { pairs: pairs.map(([userId, otherUserId]) => ({ userId, otherUserId })) },
    });
    expect(status).toBe(200);
    return (body as Checked).items.map(({ blocked, blockedBy }) => [blocked, blockedBy]);
  };

  it('200: both directions of each pair, in order, also of one that comes twice', async () => {
    const [a, b, c] = [await newId(), await newId(), await newId()];
    await addAll(test.api, a, [b, c]);
    await addAll(test.api, c, [a]);
    expect(await check([a, b], [b, a], [a, c], [b, c], [a, b], [a, a])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [false, false],
      [true, false],
      [false, false],
    ]);
  });

  it('200: the answers name their pairs', async () => {
    const [a, b] = [await newId(), await newId()];
    const { body } = await test.call('POST', '/api/v1/block-lists/check', {
      body: { pairs: [{ userId: a, otherUserId: b }] },
    });
    expect(body).toEqual({ items: [{ userId: a, otherUserId: b, blocked: false, blockedBy: false }] });
  });

  it('200: a suspended user is as blocked as before; of a deactivated one, and of nobody, both answers are no', async () => {
    const [a, suspended, deactivated] = [await newId(), await newId(), await newId()];
    await addAll(test.api, a, [suspended, deactivated]);
    await change(test.api, 'block', suspended);
    await done(test.api, 'DELETE', `/api/v1/users/${deactivated}`);
    expect(await check([a, suspended], [deactivated, a], [a, 9_007_199_254_740_991])).toEqual([
      [true, false],
      [false, false],
      [false, false],
    ]);
  });

  it('200: 1,000 pairs at once', async () => {
    const [a, b] = [await newId(), await newId()];
    await addAll(test.api, a, [b]);
    const pairs = Array.from({ length: 999 }, (_, index): [number, number] => [index + 1, a]);
    const answers = await check(...pairs, [b, a]);
    expect(answers.filter(([blocked, blockedBy]) => blocked || blockedBy)).toEqual([[false, true]]);
    expect(answers.at(-1)).toEqual([false, true]);
  });

  it.each([
    ['no pair', [], '/body/pairs'],
    ['1,001 pairs', Array.from({ length: 1_001 }, () => ({ userId: 1, otherUserId: 2 })), '/body/pairs'],
    ['half a pair', [{ userId: 1 }], '/body/pairs/0/otherUserId'],
    ['a uid', [{ userId: 1, otherUserId: 'ada' }], '/body/pairs/0/otherUserId'],
  ])('400: %s; the field is named (I8)', async (_what, pairs, pointer) => {
    const { status, body } = await test.call('POST', '/api/v1/block-lists/check', { body: { pairs } });
    expect([status, (body as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([400, pointer]);
  });
});
