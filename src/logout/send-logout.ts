import { orNull, toBoolean, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import type { Encryption } from '../database/encryption';
import { commaSeparated, sql } from '../database/sql';
import { newUuid, Uuid } from '../database/uuid';
import type { AccessEventData, EventEnvelope } from '../events/catalogue';
import type { AttemptOutcome, Sender } from '../events/channel';
import type { GuardedAgents } from '../outbound/guarded-agent';
import { post, unsent } from '../outbound/post';
import type { SigningKeys } from '../signing-keys/signing-keys';
import type { LogoutClient } from './logout-client.entity';
import { type Logout, LOGOUT_TOKEN_TYPE, logoutClaims } from './logout-token';
import { recordFailing } from './record-failing';
import { readSessions } from './told-sessions';

export interface LogoutSenderOptions {
  signingKeys: Pick<SigningKeys, 'sign'>;
  encryption: Encryption;
  agents: GuardedAgents;
  /** `iss` of the tokens. */
  issuer: string;
  /** Of one attempt. */
  timeoutMs: number;
}

const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Portcullis' };

/**
 * Sends logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.5). A client that answers 400 may have failed
 * as well as refused (section 2.8), so that is tried again like any other failure.
 */
export function createLogoutSender(options: LogoutSenderOptions): Sender<LogoutClient> {
  const { signingKeys, encryption, agents, issuer, timeoutMs } = options;

  const sendToken = async (
    { clientId, logoutUri }: LogoutClient,
    told: Pick<Logout, 'sub' | 'sid' | 'txn'>,
  ): Promise<AttemptOutcome> => {
    const claims = logoutClaims({ ...told, issuer, clientId, jti: newUuid(), now: new Date() });
    const token = await signingKeys.sign(claims, { typ: LOGOUT_TOKEN_TYPE });
    const body = String(new URLSearchParams({ logout_token: token }));
    const outcome = await post(agents, { url: logoutUri, headers, body, timeoutMs });
    // A 410 is no answer of the specification, and there is no other client to tell.
    const kind = outcome.kind === 'refused' ? 'failed' : outcome.kind;
    return { ...outcome, kind, requestHeaders: headers };
  };

  return {
    selectReceivers: (targets) =>
      sql`SELECT * FROM logout_clients WHERE id IN (${commaSeparated(targets.map((id) => new Uuid(id)))})`,
    readReceivers: (rows) => new Map(rows.map((row) => [toUuid(row.id), toLogoutClient(row)])),
    paceOf: () => ({ perSecond: null, notBefore: null }),
    limitMsOf: () => timeoutMs,
    async send(delivery, client) {
      if (!client) return { ...unsent('receiver', 'the client was deleted'), kind: 'gone' };
      if (!client.enabled) return { ...unsent('receiver', 'the client is disabled'), kind: 'skipped' };
      const { data } = JSON.parse(delivery.event.payload) as EventEnvelope<AccessEventData>;
      // The same as that of security event tokens: by it receivers find what belongs to one block.
      const told = { sub: data.uid, txn: data.causedBy ?? delivery.event.id };
      const sids = data.session ? [data.session.sid] : (readSessions(encryption, delivery) ?? [null]);
      return together(await Promise.all(sids.map((sid) => sendToken(client, { ...told, sid }))));
    },
    record: recordFailing,
  };
}

/** Told is who was told of every session; else the next attempt tells all of them again. */
function together(outcomes: readonly AttemptOutcome[]): AttemptOutcome {
  const outcome = outcomes.find(({ kind }) => kind !== 'succeeded') ?? outcomes[0];
  if (!outcome) throw new Error('a logout tells of one session at least');
  return outcome;
}

/** Without TypeORM: it is read for each attempt. */
const toLogoutClient = (row: Row): LogoutClient => ({
  id: toUuid(row.id),
  clientId: toText(row.client_id),
  logoutUri: toText(row.logout_uri),
  sessionRequired: toBoolean(row.session_required),
  enabled: toBoolean(row.enabled),
  description: orNull(toText, row.description),
  failingSince: orNull(toTime, row.failing_since),
  version: toInteger(row.version),
  createdAt: toTime(row.created_at),
  updatedAt: orNull(toTime, row.updated_at),
});
