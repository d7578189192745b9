import { createPlaces } from '../../../src/http/rate-limits/places';

describe('places for requests that wait', () => {
  it('are as many for each key, and free again whatever comes of the work', async () => {
    const { inPlace } = createPlaces(2, 'polls');
    const ends: (() => void)[] = [];
    const wait = () => inPlace('ada', () => new Promise<void>((resolve) => ends.push(resolve)));
    const waiting = [wait(), wait()];
    await expect(wait()).rejects.toMatchObject({
      code: 'rate_limit.exceeded',
      options: { retryAfterSeconds: 1 },
    });
    await expect(inPlace('eve', () => Promise.resolve('in'))).resolves.toBe('in');
    ends.forEach((end) => end());
    await Promise.all(waiting);
    const failing = () => inPlace('ada', () => Promise.reject(new Error('of the work')));
    for (let round = 0; round < 3; round++) await expect(failing()).rejects.toThrow('of the work');
  });
});
