import { Webhook } from 'standardwebhooks';
import { type Sign, standardHeaders } from './signature';

/** Standard Webhooks, symmetric: HMAC-SHA256. */
export const signV1: Sign = (message, secrets) => {
  const { id, sentAt, body } = message;
  return standardHeaders(
    message,
    secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)),
  );
};
