import { createHmac } from 'node:crypto';
import { type Sign, unixSeconds } from './signature';

/**
 * Guardhouse's: HMAC-SHA256 in hex, under the text of the secret as it is, of the time and the body. Its receivers do
 * not know `webhook-id`, which tells a repeat: those that look at it may.
 */
export const signGuardhouse: Sign = ({ id, sentAt, body }, secrets) => {
  const time = unixSeconds(sentAt);
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`,
  );
  return { 'webhook-id': id, 'x-hub-signature': [`t=${time}`, ...signatures].join(',') };
};
