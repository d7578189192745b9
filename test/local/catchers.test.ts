import { randomBytes } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { Webhook } from 'standardwebhooks';
import { type CaughtMail, type MailCatcher, startMailCatcher } from '../../local/mail-catcher';
import {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../local/webhook-receiver';

let catcher: MailCatcher;
let receiver: WebhookReceiver;

beforeAll(async () => {
  catcher = await startMailCatcher();
  receiver = await startWebhookReceiver();
});

afterAll(async () => {
  await catcher.stop();
  await receiver.stop();
});

async function get<T>(url: string): Promise<T[]> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return (await response.json()) as T[];
}

test('mails are shown decoded, newest last, with the source as it came', async () => {
  const transport = createTransport(catcher.smtpUrl);
  for (const subject of ['First', 'Zweite – grüße']) {
    await transport.sendMail({
      from: 'a@example.com',
      to: 'Ada <ada@example.com>, bob@example.com',
      subject,
      text: 'Grüße',
      html: '<p>Grüße</p>',
      headers: { 'X-Event': '1' },
    });
  }
  const mails = await get<CaughtMail>(catcher.url);
  expect(mails.map(({ subject }) => subject)).toEqual(['First', 'Zweite – grüße']);
  expect(mails[1]).toMatchObject({
    to: 'ada@example.com, bob@example.com',
    text: expect.stringContaining('Grüße') as string,
    html: expect.stringContaining('<p>Grüße</p>') as string,
    raw: expect.stringContaining('Subject: =?UTF-8?') as string,
  });
  expect(mails[1]?.headers).toMatchObject({ 'x-event': '1', subject: 'Zweite – grüße' });
  transport.close();
});

const secret = `whsec_${randomBytes(24).toString('base64')}`;

function signed(body: string, by: string) {
  const [id, time] = ['msg-1', new Date()];
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, time, body),
  };
  return { method: 'POST', body, headers };
}

test('webhooks: verified is null without a secret, then true or false', async () => {
  expect((await fetch(receiver.url, signed('{"n":1}', secret))).status).toBe(204);
  expect(await get<ReceivedWebhook>(receiver.url)).toMatchObject([{ body: '{"n":1}', verified: null }]);

  const given = await fetch(`${receiver.url}/secret`, { method: 'PUT', body: JSON.stringify({ secret }) });
  expect(given.status).toBe(204);
  await fetch(receiver.url, signed('{"n":2}', secret));
  await fetch(receiver.url, signed('{"n":3}', `whsec_${randomBytes(24).toString('base64')}`));
  const received = await get<ReceivedWebhook>(receiver.url);
  expect(received.map(({ body, verified }) => [body, verified])).toEqual([
    ['{"n":1}', true],
    ['{"n":2}', true],
    ['{"n":3}', false],
  ]);
  expect(received[2]?.headers['webhook-id']).toBe('msg-1');
});

test('webhooks: a secret that is none is refused', async () => {
  const refused = await fetch(`${receiver.url}/secret`, { method: 'PUT', body: '{"secret":"abc"}' });
  expect(refused.status).toBe(400);
});
