import { createPublicKey, createHash, generateKeyPairSync, verify } from 'node:crypto';
import type { SMTPServerOptions } from 'smtp-server';
import type { EmailSenderOptions } from '../../src/email/send-email';
import { sendTo, testSender } from './support/sender';
import { refusal, startSmtp, type TestSmtp } from './support/smtp';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function withSmtp(options: SMTPServerOptions): Promise<TestSmtp> {
  const smtp = await startSmtp(options);
  open.push(smtp);
  return smtp;
}

async function attempt(smtpUrl: string, options: Partial<EmailSenderOptions> = {}) {
  const sender = testSender({ smtpUrl, ...options });
  open.unshift(sender);
  return sendTo(sender);
}

const asked: { user: string; secure: boolean }[] = [];
beforeEach(() => asked.splice(0));

/** Takes `mailer` with `s3cret:@/` alone. */
const authenticated: SMTPServerOptions = {
  authOptional: false,
  onAuth(auth, { secure }, callback) {
    asked.push({ user: auth.username ?? '', secure });
    if (auth.username === 'mailer' && auth.password === 's3cret:@/') callback(null, { user: 'mailer' });
    else callback(refusal(535, 'no'));
  },
};

const CREDENTIALS = `mailer:${encodeURIComponent('s3cret:@/')}`;
/** The server's certificate is its own; what is under test is that it is asked for. */
const OWN_CERTIFICATE = 'tls.rejectUnauthorized=false';

describe('SMTP_URL', () => {
  it('smtp:// turns to TLS where the server offers it, and then tells the password', async () => {
    const { port, caught } = await withSmtp({ ...authenticated, disabledCommands: [] });
    const url = `smtp://${CREDENTIALS}@127.0.0.1:${port}?${OWN_CERTIFICATE}`;
    await expect(attempt(url)).resolves.toMatchObject({ kind: 'succeeded' });
    expect(asked).toEqual([{ user: 'mailer', secure: true }]);
    expect(caught.map(({ secure }) => secure)).toEqual([true]);
  });

  it('smtps:// speaks TLS from the beginning', async () => {
    const { port, caught } = await withSmtp({ ...authenticated, secure: true });
    const url = `smtps://${CREDENTIALS}@127.0.0.1:${port}?${OWN_CERTIFICATE}`;
    await expect(attempt(url)).resolves.toMatchObject({ kind: 'succeeded' });
    expect(caught.map(({ secure }) => secure)).toEqual([true]);
  });

  it.each(['smtp', 'smtps'])('%s:// trusts no certificate that nobody vouches for', async (protocol) => {
    const { port, caught } = await withSmtp({
      ...authenticated,
      disabledCommands: [],
      secure: protocol === 'smtps',
    });
    const outcome = await attempt(`${protocol}://${CREDENTIALS}@127.0.0.1:${port}`);
    expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'tls' });
    expect([asked, caught]).toEqual([[], []]);
  });

  // Whoever stands between takes STARTTLS out of what the server offers (RFC 8314, 3.1).
  it('smtp:// tells the password to no server without TLS', async () => {
    const { port, caught } = await withSmtp({ ...authenticated, disabledCommands: ['STARTTLS'] });
    await expect(attempt(`smtp://${CREDENTIALS}@127.0.0.1:${port}`)).resolves.toMatchObject({
      kind: 'failed',
      errorKind: 'tls',
    });
    expect([asked, caught]).toEqual([[], []]);
    const allowed = `smtp://${CREDENTIALS}@127.0.0.1:${port}?requireTLS=false`;
    await expect(attempt(allowed)).resolves.toMatchObject({ kind: 'succeeded' });
    expect(asked).toEqual([{ user: 'mailer', secure: false }]);
  });

  it('keeps its connections for the next e-mail', async () => {
    let connections = 0;
    const { url, caught } = await withSmtp({
      authOptional: true,
      onConnect(_session, callback) {
        connections++;
        callback();
      },
    });
    const sender = testSender({ smtpUrl: url });
    open.unshift(sender);
    for (let count = 0; count < 5; count++) await sendTo(sender);
    expect([caught.length, connections]).toEqual([5, 1]);
  });
});

describe('DKIM (RFC 6376)', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const dkim = { domain: 'example.com', selector: 'mail2026', privateKey };

  it('signs what is sent, headers and body, so that anybody can check it', async () => {
    const { url, caught } = await withSmtp({ authOptional: true });
    await attempt(url, { dkim });
    const [{ raw } = { raw: Buffer.alloc(0) }] = caught;
    const { tags, holds, bodyHolds } = checkSignature(raw.toString('latin1'), publicKey);
    expect(tags).toMatchObject({ a: 'rsa-sha256', d: 'example.com', s: 'mail2026', c: 'relaxed/relaxed' });
    for (const field of ['from', 'to', 'subject', 'date', 'message-id'])
      expect(tags.h?.split(':')).toContain(field);
    expect([holds, bodyHolds]).toEqual([true, true]);
  });

  it('and any change of it shows', async () => {
    const { url, caught } = await withSmtp({ authOptional: true });
    await attempt(url, { dkim });
    const message = caught[0]?.raw.toString('latin1') ?? '';
    const changed = (from: RegExp, to: string) => {
      const other = message.replace(from, to);
      expect(other).not.toBe(message);
      return checkSignature(other, publicKey);
    };
    expect(changed(/suspended\./, 'restored.').bodyHolds).toBe(false);
    expect(changed(/To: ada@/, 'To: eve@').holds).toBe(false);
    expect(changed(/Subject: Your/, 'Subject: My').holds).toBe(false);
  });

  it('signs nothing where no key is configured', async () => {
    const { url, caught } = await withSmtp({ authOptional: true });
    await attempt(url);
    expect(caught[0]?.raw.toString()).not.toMatch(/dkim-signature/i);
  });
});

/** RFC 6376, sections 3.4.2, 3.4.4 and 3.7, apart from the library that signs. */
function checkSignature(message: string, publicKey: string) {
  const at = message.indexOf('\r\n\r\n');
  const headers = message.slice(0, at).split(/\r\n(?![ \t])/);
  const body = message.slice(at + 4);
  const relaxed = (header: string) => {
    const [name = '', ...rest] = header.split(':');
    return `${name.trim().toLowerCase()}:${rest
      .join(':')
      .replace(/\r\n/g, '')
      .replace(/[ \t]+/g, ' ')
      .trim()}`;
  };
  const signature = headers.find((header) => /^dkim-signature:/i.test(header)) ?? '';
  const tags = Object.fromEntries(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => [tag.split('=')[0]?.trim() ?? '', tag.slice(tag.indexOf('=') + 1).replace(/\s/g, '')]),
  ) as Record<string, string | undefined>;
  const relaxedBody = `${body
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
    .join('\r\n')
    .replace(/(\r\n)*$/, '')}\r\n`;
  const signed = [
    ...(tags.h ?? '')
      .split(':')
      .flatMap((name) =>
        headers.filter((header) => header.toLowerCase().startsWith(`${name.toLowerCase()}:`)).map(relaxed),
      ),
    relaxed(signature.replace(/\bb=[^;]+$/, 'b=')),
  ].join('\r\n');
  return {
    tags,
    bodyHolds: createHash('sha256').update(relaxedBody, 'latin1').digest('base64') === tags.bh,
    holds: verify(
      'sha256',
      Buffer.from(signed, 'latin1'),
      createPublicKey(publicKey),
      Buffer.from(tags.b ?? '', 'base64'),
    ),
  };
}
