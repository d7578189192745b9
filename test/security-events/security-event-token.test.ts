import type { EventType } from '../../src/events/catalogue';
import { wantsSecurityEvent } from '../../src/security-events/security-event-types';
import { securityEventClaims } from '../../src/security-events/security-event-token';
import { transmitter } from './stream-fixtures';

const occurredAt = new Date('2026-11-21T10:00:00.123Z');
const audience = { streamId: 'f67e39a0-a4d3-4d56-b3aa-1bc4cff0069f', clientId: 'receiver' };
const user = { userId: 101, uid: 'ada', sequence: 7, epoch: 3, actor: 'admin-1' };
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';

const claimsOf = (type: EventType, data: Record<string, unknown>, given = transmitter) => {
  const payload = JSON.stringify({ type, timestamp: occurredAt.toISOString(), data });
  return securityEventClaims(given, audience, {
    id: 'delivery-1',
    event: { id: 'event-1', type, payload, occurredAt },
  });
};

describe('the claims of a security event token', () => {
  it('are those of RFC 8417 and SSF 1.0, section 4: one event, a top-level subject, no sub and no exp', () => {
    expect(claimsOf('user.blocked', { ...user, reason: 'spam', reasonForUser: 'told' })).toEqual({
      iss: transmitter.issuer,
      aud: 'receiver',
      jti: 'delivery-1',
      iat: Math.floor(occurredAt.getTime() / 1000),
      txn: 'event-1',
      sub_id: { format: 'iss_sub', iss: transmitter.subjectIssuer, sub: 'ada' },
      events: { [`${RISC}account-disabled`]: {} },
    });
  });

  it.each<[EventType, string]>([
    ['user.unblocked', 'account-enabled'],
    ['user.deactivated', 'account-disabled'],
    ['user.reactivated', 'account-enabled'],
    ['user.deleted', 'account-purged'],
  ])('%s is %s (RISC 1.0, section 2)', (type, name) => {
    expect(claimsOf(type, user)?.events).toEqual({ [RISC + name]: {} });
  });

  it('the end of one session is about the user and the session (CAEP 1.0, section 3.1.2)', () => {
    const claims = claimsOf('session.revoked', { ...user, session: { sid: 's-1', clientId: 'shop' } });
    expect(claims?.sub_id).toEqual({
      format: 'complex',
      user: { format: 'iss_sub', iss: transmitter.subjectIssuer, sub: 'ada' },
      session: { format: 'opaque', id: 's-1' },
    });
    expect(claims?.events).toEqual({
      [`${CAEP}session-revoked`]: {
        event_timestamp: Math.floor(occurredAt.getTime() / 1000),
        initiating_entity: 'admin',
      },
    });
  });

  it('the events of one block share txn', () => {
    expect(claimsOf('sessions.revoked', { ...user, causedBy: 'event-0' })?.txn).toBe('event-0');
  });

  it('what the service does by itself is the system’s doing', () => {
    const claims = claimsOf('sessions.revoked', { ...user, actor: 'system:expiry' });
    expect(claims?.events).toMatchObject({ [`${CAEP}session-revoked`]: { initiating_entity: 'system' } });
  });

  it('I7: the reason of an administrator is told where the operator allows it, and nowhere else', () => {
    const data = { ...user, reason: 'internal', reasonForUser: 'Bitte melden' };
    expect(JSON.stringify(claimsOf('sessions.revoked', data))).not.toContain('internal');
    expect(claimsOf('sessions.revoked', data)?.events).toMatchObject({
      [`${CAEP}session-revoked`]: { reason_user: { und: 'Bitte melden' } },
    });
    const open = claimsOf('sessions.revoked', data, { ...transmitter, tellsReasonAdmin: true });
    expect(open?.events).toMatchObject({
      [`${CAEP}session-revoked`]: { reason_admin: { und: 'internal' } },
    });
  });

  it('a reason that says nothing is not sent', () => {
    const data = { ...user, reason: ' ', reasonForUser: '\n' };
    const claims = claimsOf('sessions.revoked', data, { ...transmitter, tellsReasonAdmin: true });
    const [told] = Object.values(claims?.events ?? {}) as object[];
    expect(Object.keys(told ?? {})).toEqual(['event_timestamp', 'initiating_entity']);
  });

  it('of a stream itself they name the stream (SSF 1.0, "Verification SET", "Stream Updated SET")', () => {
    const sub_id = { format: 'opaque', id: audience.streamId };
    const verification = { streamId: audience.streamId, state: 'VGhpcy' };
    expect(claimsOf('stream.verification', verification)).toMatchObject({
      sub_id,
      events: { [`${SSF}verification`]: { state: 'VGhpcy' } },
    });
    const unasked = claimsOf('stream.verification', { streamId: audience.streamId });
    expect(unasked?.events).toEqual({ [`${SSF}verification`]: {} });
    const updated = { streamId: audience.streamId, status: 'paused', reason: 'Internal error' };
    expect(claimsOf('stream.updated', updated)).toMatchObject({
      sub_id,
      events: { [`${SSF}stream-updated`]: { status: 'paused', reason: 'Internal error' } },
    });
  });

  it('there are none where the user was erased, and for what streams are not told of', () => {
    const event = { id: 'e', type: 'user.blocked' as const, payload: '{"erased":true}', occurredAt };
    expect(securityEventClaims(transmitter, audience, { id: 'd', event })).toBeNull();
    expect(claimsOf('endpoint.disabled', user)).toBeNull();
  });
});

describe('what a stream is sent', () => {
  it('is what it has asked for of what there is; all where it has not asked', () => {
    expect(wantsSecurityEvent(null, 'user.blocked')).toBe(true);
    expect(wantsSecurityEvent([`${RISC}account-disabled`], 'user.blocked')).toBe(true);
    expect(wantsSecurityEvent([`${RISC}account-disabled`], 'sessions.revoked')).toBe(false);
    expect(wantsSecurityEvent([], 'user.blocked')).toBe(false);
    expect(wantsSecurityEvent(null, 'endpoint.disabled')).toBe(false);
  });
});
