import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createEmailSender, type EmailSender, type SendEmailOptions } from '../../src/email/send-email';
import type { ClaimedDelivery } from '../../src/events/channel';

const reason = 'chargeback fraud';
const delivery = (attempt = 1): ClaimedDelivery => ({
  id: '01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  target: '101',
  attempt,
  event: {
    id: '01a1fdda-889f-71ae-b8f9-000000000001',
    type: 'user.blocked',
    userId: 101,
    payload: JSON.stringify({ data: { reason } }),
    occurredAt: new Date('2026-11-21T11:25:19.853Z'),
  },
  recipient: null,
});

const refusal = (responseCode: number, words: string) => Object.assign(new Error(words), { responseCode });

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function startSmtp(options: SMTPServerOptions = {}): Promise<{ url: string; mails: Email[] }> {
  const mails: Email[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          mails.push(mail);
          callback();
        });
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve(undefined))) });
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, mails };
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

function sender(smtpUrl: string, options: Partial<SendEmailOptions> = {}): EmailSender {
  const emails = createEmailSender({
    smtpUrl,
    from: 'Portcullis <no-reply@example.com>',
    timeoutMs: 5_000,
    maxConnections: 32,
    findRecipient: () => Promise.resolve({ email: 'ada@example.org', firstName: 'Ada' }),
    ...options,
  });
  open.unshift(emails);
  return emails;
}

describe('sending an e-mail', () => {
  it('delivers text and HTML to the address that the user has now', async () => {
    const { url, mails } = await startSmtp();
    await expect(sender(url).send(delivery())).resolves.toEqual({
      kind: 'succeeded',
      statusCode: 250,
      errorKind: null,
      error: null,
      response: null,
      requestHeaders: null,
    });
    expect(mails).toHaveLength(1);
    const [mail] = mails;
    expect(mail?.subject).toBe('Your account has been suspended');
    expect(mail?.to?.map(({ address }) => address)).toEqual(['ada@example.org']);
    expect(mail?.from?.address).toBe('no-reply@example.com');
    expect(mail?.text).toContain('Hello Ada,');
    expect(mail?.html).toContain('Hello Ada,');
    // When it happened; the Date header says when it was sent.
    expect(mail?.text).toContain('21 November 2026');
    expect(Date.now() - Date.parse(mail?.date ?? '')).toBeLessThan(60_000);
    expect(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
  });

  it('I7: never shows the reason', async () => {
    const { url, mails } = await startSmtp();
    await sender(url).send(delivery());
    expect(JSON.stringify(mails)).not.toContain(reason);
  });

  it('I4: every attempt carries the same message id', async () => {
    const { url, mails } = await startSmtp();
    const { send } = sender(url);
    await send(delivery(1));
    await send(delivery(2));
    expect(mails.map(({ messageId }) => messageId)).toEqual(
      Array(2).fill('<01a1fdda-889f-71ae-b8f9-ea0d6e52af4d@example.com>'),
    );
  });

  it('sends nothing to a user who has no address any more', async () => {
    const { url, mails } = await startSmtp();
    const outcome = await sender(url, { findRecipient: () => Promise.resolve(null) }).send(delivery());
    expect(outcome.kind).toBe('gone');
    expect(mails).toHaveLength(0);
  });

  it('gives up where the server refuses the recipient, and keeps none of its words (I7)', async () => {
    const { url } = await startSmtp({
      onRcptTo: (address, _session, callback) => callback(refusal(550, `5.1.1 <${address.address}> unknown`)),
    });
    const outcome = await sender(url).send(delivery());
    expect(outcome).toMatchObject({ kind: 'refused', statusCode: 550, response: null });
    expect(JSON.stringify(outcome)).not.toContain('ada@example.org');
  });

  it('gives up where the server refuses the message', async () => {
    const { url } = await startSmtp({
      onData(stream, _session, callback) {
        stream.resume().on('end', () => callback(refusal(554, 'no')));
      },
    });
    await expect(sender(url).send(delivery())).resolves.toMatchObject({ kind: 'refused', statusCode: 554 });
  });

  it('tries again where the server asks to come back', async () => {
    const { url } = await startSmtp({
      onRcptTo: (_address, _session, callback) => callback(refusal(451, 'greylisted')),
    });
    await expect(sender(url).send(delivery())).resolves.toMatchObject({ kind: 'failed', statusCode: 451 });
  });

  // Refused for good, each of these would throw away every message until an operator mends the password.
  it('tries again where the server refuses our password', async () => {
    const { url } = await startSmtp({
      onAuth: (_auth, _session, callback) => callback(refusal(535, 'wrong')),
    });
    const withPassword = url.replace('smtp://', 'smtp://user:wrong@');
    await expect(sender(withPassword).send(delivery())).resolves.toMatchObject({ kind: 'failed' });
  });

  it('tries again where the server refuses our sender', async () => {
    const { url } = await startSmtp({
      onMailFrom: (_address, _session, callback) => callback(refusal(553, 'not yours')),
    });
    await expect(sender(url).send(delivery())).resolves.toMatchObject({ kind: 'failed', statusCode: 553 });
  });

  it('tries again where nobody listens', async () => {
    const url = await startSocketServer((socket) => socket.destroy());
    await expect(sender(url).send(delivery())).resolves.toMatchObject({ kind: 'failed' });
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
    const outcome = await sender(url, { timeoutMs: 400 }).send(delivery());
    expect(outcome.kind).toBe('failed');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('sends as many at once as it may, so that none outlasts its lease in a line', async () => {
    let atOnce = 0;
    let most = 0;
    const { url } = await startSmtp({
      onData(stream, _session, callback) {
        most = Math.max(most, ++atOnce);
        stream.resume().on('end', () =>
          setTimeout(() => {
            atOnce--;
            callback();
          }, 200),
        );
      },
    });
    const { send } = sender(url, { maxConnections: 20 });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => send(delivery())));
    expect(outcomes.every(({ kind }) => kind === 'succeeded')).toBe(true);
    expect(most).toBe(20);
  });
});
