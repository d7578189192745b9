import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import type { EmailSender, EmailSenderOptions } from '../../src/email/send-email';
import { claimed, DELIVERY_ID, sendTo, testSender } from './support/sender';
import { refusal, startSmtp as openSmtp, type TestSmtp } from './support/smtp';

const REASON = 'chargeback fraud';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function startSmtp(options?: SMTPServerOptions): Promise<TestSmtp> {
  const smtp = await openSmtp(options);
  open.push(smtp);
  return smtp;
}

function sender(smtpUrl: string, options: Partial<EmailSenderOptions> = {}): EmailSender {
  const emails = testSender({ smtpUrl, ...options });
  open.unshift(emails);
  return emails;
}

/** Something that accepts connections and behaves as told. */
async function startSocketServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close() {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('sending an e-mail', () => {
  it('delivers text and HTML to the address that the user has now', async () => {
    const { url, caught } = await startSmtp();
    await expect(sendTo(sender(url))).resolves.toEqual({
      kind: 'succeeded',
      statusCode: 250,
      errorKind: null,
      error: null,
      response: null,
      requestHeaders: { 'Message-ID': `<${DELIVERY_ID}@example.com>`, 'Content-Language': 'en' },
    });
    expect(caught).toHaveLength(1);
    const [{ mail } = {}] = caught;
    expect(mail?.subject).toBe('Your account has been suspended');
    expect(mail?.to?.map(({ address }) => address)).toEqual(['ada@example.org']);
    expect(mail?.from?.address).toBe('no-reply@example.com');
    expect(mail?.text).toContain('Hello Ada,');
    expect(mail?.html).toContain('Hello Ada,');
    // When it happened; the Date header says when it was sent.
    expect(mail?.text).toContain('21 November 2026');
    expect(Date.now() - Date.parse(mail?.date ?? '')).toBeLessThan(60_000);
    const header = (name: string) => mail?.headers.find(({ key }) => key === name)?.value;
    expect(header('auto-submitted')).toBe('auto-generated');
    expect(header('content-language')).toBe('en');
  });

  it('I7: gives the reason that was meant for the user, and never the internal one', async () => {
    const { url, caught } = await startSmtp();
    const reasons = { reason: REASON, reasonForUser: 'Unusual payments' };
    await sendTo(sender(url), {}, claimed(reasons));
    await sendTo(sender(url), {}, claimed({ reason: REASON, reasonForUser: null }));
    const [both, internal] = caught.map(({ mail }) => JSON.stringify(mail));
    expect(both).toContain('Unusual payments');
    expect(both).not.toContain(REASON);
    expect(internal).not.toContain(REASON);
    expect(internal).not.toContain('Reason');
  });

  it('I4: every attempt carries the same message id', async () => {
    const { url, caught } = await startSmtp();
    const emails = sender(url);
    await sendTo(emails, {}, { ...claimed(), attempt: 1 });
    await sendTo(emails, {}, { ...claimed(), attempt: 2 });
    expect(caught.map(({ mail }) => mail.messageId)).toEqual(Array(2).fill(`<${DELIVERY_ID}@example.com>`));
  });

  it('sends nothing to a user who has no address any more', async () => {
    const { url, caught } = await startSmtp();
    await expect(sendTo(sender(url), { email: null })).resolves.toMatchObject({ kind: 'gone' });
    await expect(sender(url).send(claimed(), undefined)).resolves.toMatchObject({ kind: 'gone' });
    expect(caught).toHaveLength(0);
  });

  it('gives up where the server refuses the recipient, and keeps none of its words (I7)', async () => {
    const { url } = await startSmtp({
      onRcptTo: (address, _session, callback) => callback(refusal(550, `5.1.1 <${address.address}> unknown`)),
    });
    const outcome = await sendTo(sender(url));
    expect(outcome).toMatchObject({ kind: 'refused', statusCode: 550, response: null });
    expect(JSON.stringify(outcome)).not.toContain('ada@example.org');
  });

  it('gives up where the server refuses the message', async () => {
    const { url } = await startSmtp({
      onData(stream, _session, callback) {
        stream.resume().on('end', () => callback(refusal(554, 'no')));
      },
    });
    await expect(sendTo(sender(url))).resolves.toMatchObject({ kind: 'refused', statusCode: 554 });
  });

  it('tries again where the server asks to come back', async () => {
    const { url } = await startSmtp({
      onRcptTo: (_address, _session, callback) => callback(refusal(451, 'greylisted')),
    });
    await expect(sendTo(sender(url))).resolves.toMatchObject({
      kind: 'failed',
      statusCode: 451,
      errorKind: 'answer',
    });
  });

  // Refused for good, each of these would throw away every message until an operator mends the password.
  it('tries again where the server refuses our password', async () => {
    const { url } = await startSmtp({
      onAuth: (_auth, _session, callback) => callback(refusal(535, 'wrong')),
    });
    const withPassword = `${url.replace('smtp://', 'smtp://user:wrong@')}?requireTLS=false`;
    await expect(sendTo(sender(withPassword))).resolves.toMatchObject({
      kind: 'failed',
      statusCode: 535,
    });
  });

  it('tries again where the server refuses our sender', async () => {
    const { url } = await startSmtp({
      onMailFrom: (_address, _session, callback) => callback(refusal(553, 'not yours')),
    });
    await expect(sendTo(sender(url))).resolves.toMatchObject({ kind: 'failed', statusCode: 553 });
  });

  it('tries again where the server hangs up, and where its name is unknown', async () => {
    const url = await startSocketServer((socket) => socket.destroy());
    await expect(sendTo(sender(url))).resolves.toMatchObject({ kind: 'failed', errorKind: 'connection' });
    await expect(sendTo(sender('smtp://mail.invalid'))).resolves.toMatchObject({
      kind: 'failed',
      errorKind: 'name',
    });
  });

  it.each([
    ['says nothing', () => undefined],
    [
      'drips a greeting without end',
      (socket: Socket) => {
        const timer = setInterval(() => socket.write('220-wait\r\n'), 50);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('a server that %s costs no more than the limit', async (_what, behave) => {
    const url = await startSocketServer(behave);
    const started = performance.now();
    const outcome = await sendTo(sender(url, { timeoutMs: 400 }));
    expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'timeout' });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('sends as many at once as it may, so that none outlasts its lease in a line', async () => {
    // None is taken before all of them are there.
    const waiting: (() => void)[] = [];
    const { url } = await startSmtp({
      onData(stream, _session, callback) {
        stream.resume().on('end', () => {
          waiting.push(callback);
          if (waiting.length === 20) waiting.forEach((take) => take());
        });
      },
    });
    const emails = sender(url, { maxConnections: 20 });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => sendTo(emails)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(20).fill('succeeded'));
  });
});
