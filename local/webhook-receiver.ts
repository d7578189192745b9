import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import {
  answering,
  type LocalServer,
  readBody,
  readJson,
  sendEmpty,
  sendJson,
  sendProblem,
  serveLocally,
} from './http-server';

/** A webhook as it came. */
export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  /** The exact text that was signed. */
  body: string;
  /** Whether one of the secrets given signs it; null where no secret was given. */
  verified: boolean | null;
}

export interface WebhookReceiver extends LocalServer {
  url: string;
}

const PATH = '/webhooks';
const KEPT = 1_000;
const secretBody = z.strictObject({ secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/) });

/**
 * A receiver as a customer would run it: `POST` takes a webhook (204), `GET` shows the latest thousand, newest last,
 * and `PUT <url>/secret` `{secret}` gives it an endpoint's secret to verify with, besides those it has.
 */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const secrets = new Set<string>();

  const handler = answering(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const operation = `${request.method} ${pathname}`;
    if (operation === `POST ${PATH}`) {
      const body = (await readBody(request)).toString('utf8');
      received.push({ headers: request.headers, body, verified: verify(request.headers, body, secrets) });
      if (received.length > KEPT) received.shift();
      return sendEmpty(response, 204);
    }
    if (operation === `GET ${PATH}`) return sendJson(response, 200, received);
    if (operation === `PUT ${PATH}/secret`) {
      const given = secretBody.safeParse(await readJson(request));
      if (!given.success)
        return sendProblem(response, 400, 'Bad request', 'Send {"secret": "whsec_..."} as JSON.');
      secrets.add(given.data.secret);
      // A webhook may be faster than whoever brings the secret.
      for (const webhook of received) webhook.verified ||= verify(webhook.headers, webhook.body, secrets);
      return sendEmpty(response, 204);
    }
    return sendProblem(response, 404, 'Not found', `POST or GET ${PATH}, or PUT ${PATH}/secret.`);
  });

  const server = await serveLocally(() => handler);
  return { ...server, url: `${server.origin}${PATH}` };
}

function verify(headers: IncomingHttpHeaders, body: string, secrets: Set<string>): boolean | null {
  if (secrets.size === 0) return null;
  return [...secrets].some((secret) => {
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  });
}
