import type { Request } from 'express';
import { letStand, schemeOf } from '../../http/authentication';
import type { TokenHolder } from '../../http/token-verifier';
import type { Authenticate } from '../dialect';
import { MAX_APP_ID } from '../zim-apps/zim-app';
import type { FindSigningApp } from '../zim-apps/zim-app-queries';
import { type Outcome, ZimRefusal } from './return-codes';
import { isSignedBy, type SignedParameters } from './sign-request';

/** The vendor's tolerance, in both directions. */
export const SIGNATURE_WINDOW_MS = 600_000;

/** What an app may do: no more than the actions need. */
const SCOPES: ReadonlySet<string> = new Set(['users:read', 'users:write']);

interface SignedCall extends SignedParameters {
  signature: string;
}

/**
 * The vendor's signature, checked in the order of its gateway. Only what is well formed costs a look-up; the secret and
 * the time come from the database, so that a revocation counts at once and all processes have one clock.
 */
export const authenticateApp = (findSigningApp: FindSigningApp): Authenticate =>
  schemeOf(async (request) => {
    const call = readCall(request);
    const app = await findSigningApp(Number(call.appId));
    if (!app) throw new ZimRefusal('appIdUnknown');
    const ageMs = app.now.getTime() - Number(call.timestamp) * 1000;
    if (Math.abs(ageMs) > SIGNATURE_WINDOW_MS) throw new ZimRefusal('signatureExpired');
    if (!isSignedBy(call, app.serverSecret, call.signature)) throw new ZimRefusal('signatureWrong');
    letStand(request, holderOf(call.appId));
  });

/** @throws ZimRefusal */
function readCall({ query }: Request): SignedCall {
  const appId = text(query.AppId, 'appIdUnknown');
  if (!/^[1-9][0-9]{0,9}$/.test(appId) || Number(appId) > MAX_APP_ID) throw new ZimRefusal('appIdUnknown');
  const timestamp = text(query.Timestamp, 'timestampEmpty', 'timestampFormat');
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new ZimRefusal('timestampFormat');
  const nonce = text(query.SignatureNonce, 'nonceEmpty');
  const signature = text(query.Signature, 'signatureEmpty');
  const version = text(query.SignatureVersion, 'versionEmpty', 'versionUnsupported');
  if (version !== '2.0') throw new ZimRefusal('versionUnsupported');
  return { appId, timestamp, nonce, signature };
}

/** A parameter that comes twice is no text. */
function text(value: unknown, whenEmpty: Outcome, whenTwice: Outcome = whenEmpty): string {
  if (value === undefined || value === '') throw new ZimRefusal(whenEmpty);
  if (typeof value !== 'string') throw new ZimRefusal(whenTwice);
  return value;
}

function holderOf(appId: string): TokenHolder {
  const name = `zim:${appId}`;
  return { subject: name, clientId: name, kind: 'client', scopes: SCOPES };
}
