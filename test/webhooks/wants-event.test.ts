import { WEBHOOK_EVENT_TYPES } from '../../src/events/catalogue';
import { loadContract } from '../../src/http/contract';
import { wantsEvent } from '../../src/webhooks/wants-event';

describe('an endpoint’s filter', () => {
  it.each<[string[], string, boolean]>([
    [['user.blocked'], 'user.blocked', true],
    [['user.blocked'], 'user.unblocked', false],
    [['user.blocked', 'user.unblocked'], 'user.unblocked', true],
    [['user.*'], 'user.deleted', true],
    [['user.*'], 'endpoint.disabled', false],
    [['user.*'], 'user', false],
    [['user.*'], 'users.merged', false],
    [['endpoint.*'], 'endpoint.disabled', true],
    [['*'], 'user.blocked', true],
    [['*'], 'endpoint.disabled', true],
    [['*'], 'a.type.of.a.later.version', true],
    [[], 'user.blocked', false],
  ])('%j of %s: %s', (patterns, type, wanted) => {
    expect(wantsEvent(patterns, type)).toBe(wanted);
  });

  it('may name every type of event, each kind of them, or all, and nothing else', () => {
    const kinds = WEBHOOK_EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`);
    const { EventPattern } = loadContract().components?.schemas as { EventPattern: { enum: string[] } };
    expect([...EventPattern.enum].sort()).toEqual(
      [...new Set(['*', ...kinds, ...WEBHOOK_EVENT_TYPES])].sort(),
    );
  });
});
