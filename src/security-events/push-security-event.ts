import type { JWTPayload } from 'jose';
import type { Encryption } from '../database/encryption';
import type { AttemptOutcome, ClaimedDelivery } from '../events/channel';
import type { GuardedAgents } from '../outbound/guarded-agent';
import { post } from '../outbound/post';
import { authorizationPlace } from './authorization-header';
import { judgePushAnswer } from './push-answer';
import type { PushStream } from './push-stream';
import { securityEventClaims, TOKEN_TYPE, type Transmitter } from './security-event-token';

/** Signs a token (`signing-keys/`). */
export type SignToken = (claims: JWTPayload, header: { typ: string }) => Promise<string>;

export interface PushOptions {
  encryption: Encryption;
  agents: GuardedAgents;
  sign: SignToken;
  transmitter: Transmitter;
  /** For all of it: resolving, connecting, sending, answering. */
  timeoutMs: number;
}

/** One token to one receiver; null where there is nothing that could be told. */
export type PushSecurityEvent = (
  stream: PushStream & { endpointUrl: string },
  delivery: ClaimedDelivery,
) => Promise<AttemptOutcome | null>;

/** RFC 8935, section 2.1. */
const HEADERS = {
  'content-type': `application/${TOKEN_TYPE}`,
  accept: 'application/json',
  'user-agent': 'Portcullis',
};

/** A receiver may describe its refusal at length, and it is read whole or not at all. */
const ANSWER_CHARACTERS = 65_536;

const HIDDEN = '[hidden]';

const withAuthorization = (authorization: string | null): Record<string, string> =>
  authorization === null ? HEADERS : { ...HEADERS, authorization };

export const createPushSecurityEvent =
  ({ encryption, agents, sign, transmitter, timeoutMs }: PushOptions): PushSecurityEvent =>
  async ({ id, clientId, endpointUrl, authorizationHeader }, delivery) => {
    const claims = securityEventClaims(transmitter, { streamId: id, clientId }, delivery);
    if (claims === null) return null;
    const authorization =
      authorizationHeader && encryption.decrypt(authorizationHeader, authorizationPlace(id));
    const outcome = await post(agents, {
      url: endpointUrl,
      headers: withAuthorization(authorization),
      body: await sign(claims, { typ: TOKEN_TYPE }),
      timeoutMs,
      answerCharacters: ANSWER_CHARACTERS,
    });
    return { ...judgePushAnswer(outcome), requestHeaders: withAuthorization(authorization && HIDDEN) };
  };
