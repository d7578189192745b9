import fc from 'fast-check';

/** Users are numbers of the cast; minutes count from the start of the sequence. */
export type Operation =
  | { do: 'block'; who: number; reason: string; minutes: number | null; webhook: boolean }
  | { do: 'unblock' | 'deactivate' | 'reactivate' | 'revoke' | 'signIn'; who: number }
  /** Ten minutes go by. */
  | { do: 'pass' }
  /** The worker closes what has run out. */
  | { do: 'expire' }
  /** Somebody may stand in the list twice, or not exist (-1). */
  | { do: 'batch' | 'job'; action: 'block' | 'unblock'; whom: number[]; reason: string }
  /** Of the first job that blocked and was not undone yet. */
  | { do: 'undo' };

const reason = fc.constantFrom('one', 'another');
/** Never a multiple of ten: no step falls on the very moment of an until. */
const minutes = fc.constantFrom(null, 5, 15, 35);

/** Sequences of up to 25 operations upon so many users. */
export function operations(users: number): fc.Arbitrary<Operation[]> {
  const who = fc.nat(users - 1);
  const whom = fc.array(fc.integer({ min: -1, max: users - 1 }), { minLength: 1, maxLength: 4 });
  const action = fc.constantFrom('block' as const, 'unblock' as const);
  const simple = fc.constantFrom(
    'unblock' as const,
    'deactivate' as const,
    'reactivate' as const,
    'revoke' as const,
    'signIn' as const,
  );
  return fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('block' as const),
          who,
          reason,
          minutes,
          webhook: fc.boolean(),
        }),
      },
      { weight: 6, arbitrary: fc.record({ do: simple, who }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constantFrom('batch' as const, 'job' as const), action, whom, reason }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('undo' as const) }) },
    ),
    { minLength: 1, maxLength: 25 },
  );
}
