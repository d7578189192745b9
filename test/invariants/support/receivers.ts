import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import type { EventEnvelope } from '../../../src/events/catalogue';
import { startWebhookReceiver } from '../../webhooks/webhook-receiver';

export interface VerifiedWebhook {
  /** `webhook-id`: the same over all repeats. */
  id: string;
  event: EventEnvelope;
}

export interface VerifyingReceiver {
  url: string;
  /** In the order of their arrival; only what carries a good signature. */
  received: VerifiedWebhook[];
  /** Of requests that carry none. */
  forged: number;
  /** The secret that the endpoint was given when it was registered. */
  secret: string;
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, webhook: VerifiedWebhook) => void;

/** A real receiver, which verifies with the library that receivers use. */
export async function startVerifyingReceiver(
  answer: Answer = (response) => response.writeHead(204).end(),
): Promise<VerifyingReceiver> {
  const server = await startWebhookReceiver((response, { body, headers }) => {
    try {
      const event = new Webhook(receiver.secret).verify(body, headers as Record<string, string>);
      const webhook = { id: String(headers['webhook-id']), event: event as EventEnvelope };
      receiver.received.push(webhook);
      answer(response, webhook);
    } catch {
      receiver.forged++;
      response.writeHead(401).end();
    }
  });
  const receiver: VerifyingReceiver = {
    url: server.url,
    received: [],
    forged: 0,
    secret: '',
    close: () => server.close(),
  };
  return receiver;
}

export interface Mailbox {
  url: string;
  /** The address of each mail, in the order of their arrival. */
  recipients: string[];
  close(): Promise<void>;
}

/** A real SMTP server that takes everything. */
export async function startMailbox(): Promise<Mailbox> {
  const recipients: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, callback) {
      stream.resume().on('end', () => {
        recipients.push(...session.envelope.rcptTo.map(({ address }) => address));
        callback();
      });
    },
  });
  // A worker that is killed cuts its connections.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    recipients,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
