import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { createReport, type GuardEvent } from '../../guard/events';

const refused: GuardEvent = { type: 'token_failed', error: new Error('400 invalid_scope') };

async function nextWarning(report: () => void): Promise<Error> {
  const warned = once(process, 'warning');
  report();
  return (await warned)[0] as Error;
}

describe('what happens in a guard that nobody listens to', () => {
  it('is a warning of the process, with what to look at, once until it is current again', async () => {
    const report = createReport();
    const first = await nextWarning(() => report(refused));
    expect(first).toMatchObject({
      name: 'PortcullisGuardWarning',
      message: 'there is no access token for Portcullis: 400 invalid_scope',
    });
    const keys: GuardEvent = { type: 'keys_failed', error: new Error('no answer') };
    const next = await nextWarning(() => [refused, refused, keys].forEach(report));
    expect(next.message).toBe("the issuer's keys cannot be had: no answer");
    const again = await nextWarning(() =>
      [{ type: 'current', revocations: 0 } as const, refused].forEach(report),
    );
    expect(again.message).toBe(first.message);
  });

  it('is told to who listens instead', async () => {
    const heard: GuardEvent[] = [];
    const warned: unknown[] = [];
    const listener = (warning: unknown) => warned.push(warning);
    process.on('warning', listener);
    createReport((event) => heard.push(event))(refused);
    // A warning comes after the code that gave it.
    await setImmediate();
    process.off('warning', listener);
    expect([heard, warned]).toEqual([[refused], []]);
  });
});
