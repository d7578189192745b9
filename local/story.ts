import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { clientToken } from './client-token';
import type { StackDescription } from './stack-description';
import {
  type Answer,
  awaitMail,
  awaitWebhook,
  type Call,
  createCall,
  expect,
  expectStatus,
  readAnswer,
} from './story-client';
import { milliseconds } from './terminal';
import type { Timeline } from './timeline';
import type { ReceivedWebhook } from './webhook-receiver';

interface Receipt {
  eventId: string;
  sessionsRevoked: number;
  status: string;
}

/** The people and clients of the story. */
interface Cast {
  stack: StackDescription;
  timeline: Timeline;
  admin: Call;
  idp: Call;
  user: { id: number; uid: string; email: string };
}

const DEVICES = ['web', 'ios', 'android'];
const REASON = 'Repeated failed sign-ins';

/**
 * Blocks a user and lets her back in, through HTTP alone, and checks each step. It works on a database that holds
 * other data, and takes away the webhook endpoint that it registers.
 * @throws at the first step that does not happen
 */
export async function tellStory(stack: StackDescription, timeline: Timeline): Promise<void> {
  timeline.chapter('A user signs in on three devices');
  const cast = await introduce(stack, timeline);
  const sessions: string[] = [];
  for (const device of DEVICES) sessions.push(await signIn(cast, device));
  await expectSessions(cast, sessions, true);

  timeline.chapter('Somebody asks to be told');
  const endpoint = await registerEndpoint(cast);
  try {
    timeline.chapter('She is blocked');
    const blocked = await change(cast, 'block', { suspensionReason: REASON }, DEVICES.length);
    await expectSessions(cast, sessions, false);
    await expectRefused(cast);
    const told = await blocked();
    await showMessages(cast, told, 'user.blocked', /suspended/i);

    timeline.chapter('She is let back in');
    const unblocked = await change(cast, 'unblock', {}, 0);
    const toldAgain = await unblocked();
    await showMessages(cast, toldAgain, 'user.unblocked', /restored/i);
    await expectSessions(cast, sessions, false);
    await expectSessions(cast, [await signIn(cast, 'web')], true);

    timeline.chapter('How fast the webhooks were');
    timeline.done('after the answer to the block', milliseconds(told.webhookMs));
    timeline.done('after the answer to the unblock', milliseconds(toldAgain.webhookMs));
  } finally {
    await cast.admin('DELETE', `/webhook-endpoints/${endpoint}`);
  }
}

async function introduce(stack: StackDescription, timeline: Timeline): Promise<Cast> {
  const { apiUrl, clients, tokenUrl, audience } = stack;
  const admin = createCall(apiUrl, await clientToken(tokenUrl, clients.admin, audience));
  const idp = createCall(apiUrl, await clientToken(tokenUrl, clients.idp, audience));
  timeline.done('tokens from the issuer', `${clients.admin.clientId}, ${clients.idp.clientId}`);
  const uid = randomUUID();
  const email = `ada.${uid.slice(0, 8)}@example.com`;
  const created = await admin('POST', '/users', { uid, email, firstName: 'Ada', lastName: 'Lovelace' });
  expectStatus(created, 201, 'creating a user');
  const id = Number(created.body.id);
  timeline.done('a user is created', `201 · id ${id} · ${email}`);
  return { stack, timeline, admin, idp, user: { id, uid, email } };
}

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

async function signIn({ idp, user, timeline }: Cast, clientId: string): Promise<string> {
  const answer = await idp('POST', `/users/${user.id}/sessions`, { clientId, expiresAt: inAnHour() });
  expectStatus(answer, 201, `signing in on ${clientId}`);
  timeline.done(`she signs in on ${clientId}`, `201 · session ${String(answer.body.sessionId)}`);
  return String(answer.body.sessionId);
}

async function expectSessions({ idp, timeline }: Cast, sessions: string[], active: boolean): Promise<void> {
  for (const session of sessions) {
    const answer = await idp('GET', `/sessions/${encodeURIComponent(session)}`);
    expectStatus(answer, 200, 'looking at a session');
    expect(answer.body.active === active, `a session with active: ${active}`, answer.body);
    timeline.done(`her session is ${active ? 'alive' : 'dead'}`, `active: ${active} · session ${session}`);
  }
}

async function registerEndpoint({ admin, stack, timeline }: Cast): Promise<string> {
  const url = stack.webhookReceiverUrl;
  const eventTypes = ['user.blocked', 'user.unblocked'];
  const answer = await admin('POST', '/webhook-endpoints', { url, eventTypes });
  expectStatus(answer, 201, 'registering a webhook endpoint');
  const given = await fetch(`${url}/secret`, {
    method: 'PUT',
    body: JSON.stringify({ secret: answer.body.secret }),
  });
  expect(given.status === 204, '204 for giving the receiver its secret', given.status);
  timeline.done('a webhook endpoint is registered', `201 · ${url}`);
  return String(answer.body.id);
}

interface Told {
  webhook: ReceivedWebhook;
  /** From the answer until the webhook was there. */
  webhookMs: number;
}

/**
 * Blocks or unblocks with both messages.
 * @returns the webhook, which is looked for from the moment of the answer, whatever happens meanwhile
 */
async function change(
  { admin, stack, timeline, user }: Cast,
  verb: 'block' | 'unblock',
  body: object,
  sessionsRevoked: number,
): Promise<() => Promise<Told>> {
  const prefer = { Prefer: 'return=representation' };
  const request = { triggerWebhook: true, notifyUserViaEmail: true, ...body };
  const began = performance.now();
  const answer = await admin('PATCH', `/users/${user.id}/${verb}`, request, prefer);
  const answered = performance.now();
  expectStatus(answer, 200, `PATCH ${verb}`);
  const receipt = answer.body as unknown as Receipt;
  const arrival = awaitWebhook(stack, receipt.eventId).then((webhook) => ({
    webhook,
    webhookMs: performance.now() - answered,
  }));
  // Another step may fail first; this one is asked for later.
  arrival.catch(() => undefined);
  const status = verb === 'block' ? 'suspended' : 'active';
  expect(receipt.status === status, `a user who is ${status}`, receipt);
  expect(receipt.sessionsRevoked === sessionsRevoked, `${sessionsRevoked} sessions revoked`, receipt);
  timeline.done(
    `PATCH /api/v1/users/${user.id}/${verb}`,
    `200 · answered in ${milliseconds(answered - began)} · ${sessionsRevoked} sessions revoked`,
  );
  return () => arrival;
}

async function expectRefused({ idp, stack, timeline, user }: Cast): Promise<void> {
  const suspended = (answer: Answer) => answer.status === 403 && answer.body.code === 'user.suspended';
  const refused = await idp('POST', `/users/${user.id}/sessions`, { clientId: 'web', expiresAt: inAnHour() });
  expect(suspended(refused), 'a refused sign-in', refused);
  timeline.done('she cannot sign in', `403 · ${String(refused.body.code)}`);
  const { clientId, clientSecret } = stack.clients.idp;
  const response = await fetch(stack.userTokenUrl, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: JSON.stringify({ uid: user.uid, clientId: 'web' }),
  });
  const noToken = await readAnswer(response);
  expect(suspended(noToken), 'a refused token', noToken);
  timeline.done('the issuer gives her no token', `403 · ${String(noToken.body.code)}`);
}

async function showMessages(
  { stack, timeline, user }: Cast,
  { webhook, webhookMs }: Told,
  type: string,
  subject: RegExp,
): Promise<void> {
  const event = JSON.parse(webhook.body) as { type: string; data: Record<string, unknown> };
  expect(event.type === type && event.data.userId === user.id, `${type} of user ${user.id}`, event);
  timeline.done('the webhook has come, its signature holds', `${milliseconds(webhookMs)} after the answer`);
  timeline.quote(`webhook-id: ${String(webhook.headers['webhook-id'])}\n${JSON.stringify(event, null, 2)}`);
  const mail = await awaitMail(stack, user.email, subject);
  const words = `${mail.text ?? ''}${mail.html ?? ''}`;
  expect(mail.text !== null && mail.html !== null, 'an e-mail with text and HTML', mail.headers);
  expect(!words.includes(REASON), 'an e-mail without the internal reason', mail.text);
  timeline.done('the e-mail has come', `to ${mail.to}`);
  timeline.quote(`Subject: ${mail.subject}\n\n${mail.text}`);
}
