import { judgePropagation, type Known } from '../../src/suspension/propagation/judge-propagation';

const T = Date.UTC(2026, 10, 21, 12);
const at = (ms: number) => new Date(T + ms);
const guard = (more: Partial<Known['guards'][number]> = {}) => ({
  clientId: 'orders',
  instanceId: 'a',
  leaseMs: 5_000,
  trustedUntil: at(9_000),
  toldAt: null,
  acknowledgedAt: null,
  ...more,
});
const judge = (more: Partial<Known>) =>
  judgePropagation({ revokedAt: at(0), now: at(1_000), evidence: [], guards: [], isOld: false, ...more });

describe('I1: a receipt never says that access is over while somebody may let it pass', () => {
  it('without guards it is over when somebody has seen the block committed', () => {
    expect(judge({}).overAt).toEqual(at(1_000));
    expect(judge({ evidence: [at(40), at(30)] }).overAt).toEqual(at(30));
    // No transaction lives for longer.
    expect(judge({ now: at(3_600_000) }).overAt).toEqual(at(30_000));
  });

  it('a guard is over when it has acknowledged', () => {
    const acknowledged = guard({ toldAt: at(10), acknowledgedAt: at(20) });
    const { overAt, guards } = judge({ guards: [acknowledged], evidence: [at(10), at(20)] });
    expect(overAt).toEqual(at(20));
    expect(guards).toMatchObject([{ isOver: true, leaseExpiredAt: null }]);
  });

  it('a guard that was told and has not acknowledged is waited for until its lease has run out', () => {
    const told = guard({ toldAt: at(10) });
    const waiting = judge({ guards: [told], evidence: [at(10)], now: at(5_009) });
    expect(waiting.overAt).toBeNull();
    expect(waiting.guards).toMatchObject([{ isOver: false, overBy: at(5_010), leaseExpiredAt: null }]);
    const over = judge({ guards: [told], evidence: [at(10)], now: at(5_010) });
    expect(over.overAt).toEqual(at(5_010));
    expect(over.guards).toMatchObject([{ isOver: true, leaseExpiredAt: at(5_010) }]);
  });

  it('where nobody knows when the block was committed, the lease is counted from the latest moment', () => {
    // Committed a moment ago, long after its time was read: a poll from just before lives for another lease.
    expect(judge({ guards: [guard({ trustedUntil: at(60_000) })], now: at(8_000) }).overAt).toBeNull();
    // A COMMIT that waits for a replica may take longer than any other statement.
    expect(judge({ guards: [guard({ trustedUntil: at(60_000) })], now: at(35_000) }).overAt).toBeNull();
    const later = judge({ guards: [guard({ trustedUntil: at(60_000) })], now: at(65_000) });
    expect(later.overAt).toEqual(at(35_000));
  });

  it('a guard that had stopped before is over when the last answer that it was given is', () => {
    const { overAt } = judge({ guards: [guard({ trustedUntil: at(500) })] });
    expect(overAt).toEqual(at(1_000));
    expect(judge({ guards: [guard({ trustedUntil: at(1_001) })] }).overAt).toBeNull();
  });

  it('a guard that acknowledges late had refused everything since its lease ran out', () => {
    const late = guard({ acknowledgedAt: at(20_000), trustedUntil: at(29_000) });
    const { overAt, guards } = judge({ guards: [late], evidence: [at(10)], now: at(30_000) });
    expect(guards).toMatchObject([{ leaseExpiredAt: at(5_010), overBy: at(5_010) }]);
    expect(overAt).toEqual(at(5_010));
  });

  it('one guard is enough to be waited for, and the slowest decides', () => {
    const quick = guard({ acknowledgedAt: at(20) });
    const slow = guard({ instanceId: 'b', acknowledgedAt: at(700) });
    const silent = guard({ instanceId: 'c' });
    const evidence = [at(20), at(700)];
    expect(judge({ guards: [quick, slow], evidence }).overAt).toEqual(at(700));
    expect(judge({ guards: [quick, slow, silent], evidence }).overAt).toBeNull();
  });

  it('of guards that may have been forgotten the longest lease counts', () => {
    expect(judge({ isOld: true, evidence: [at(10)] }).overAt).toBeNull();
    expect(judge({ isOld: true, evidence: [at(10)], now: at(100_000) }).overAt).toEqual(at(90_000));
  });
});
