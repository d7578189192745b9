import type { Readable } from 'node:stream';
import PostalMime, { type Address, decodeWords } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { listenOnFreePort, LOOPBACK } from './free-port';
import { answering, type LocalServer, sendJson, sendProblem, serveLocally } from './http-server';

/** An e-mail as its reader would see it, and as it came. */
export interface CaughtMail {
  /** The addresses, separated by commas. */
  to: string;
  subject: string;
  /** Names in lower case; a header that came several times is joined by commas. */
  headers: Record<string, string>;
  text: string | null;
  html: string | null;
  raw: string;
}

export interface MailCatcher extends LocalServer {
  url: string;
  smtpUrl: string;
}

const PATH = '/mails';
const KEPT = 1_000;
const SIZE_LIMIT_BYTES = 5_242_880;

/** Takes every e-mail over SMTP and hands none on: `GET` shows the latest thousand, newest last. */
export async function startMailCatcher(): Promise<MailCatcher> {
  const caught: CaughtMail[] = [];
  const smtp = new SMTPServer({
    // On the loopback interface there is nobody to hide from, and no certificate that anyone would trust.
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    size: SIZE_LIMIT_BYTES,
    closeTimeout: 500,
    onData(stream, session, callback) {
      read(stream)
        .then(async (raw) => {
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          caught.push(await decode(raw, recipients));
          if (caught.length > KEPT) caught.shift();
          callback();
        })
        .catch((error: unknown) => callback(error instanceof Error ? error : new Error(String(error))));
    },
  });
  // A client that hangs up is no fault of ours.
  smtp.on('error', () => undefined);

  const handler = answering((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET' && pathname === PATH) sendJson(response, 200, caught);
    else sendProblem(response, 404, 'Not found', `GET ${PATH} shows what was caught.`);
    return Promise.resolve();
  });
  const server = await serveLocally(() => handler);
  const smtpPort = await listenOnFreePort(smtp.server);
  const stop = async () => {
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
    await server.stop();
  };
  return { ...server, stop, url: `${server.origin}${PATH}`, smtpUrl: `smtp://${LOOPBACK}:${smtpPort}` };
}

async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function decode(raw: Buffer, recipients: string[]): Promise<CaughtMail> {
  const mail = await PostalMime.parse(raw);
  const headers: Record<string, string> = {};
  for (const { key, value } of mail.headers) {
    const before = headers[key];
    headers[key] = before === undefined ? decodeWords(value) : `${before}, ${decodeWords(value)}`;
  }
  const addressed = (mail.to ?? []).flatMap(addressesOf);
  return {
    to: (addressed.length > 0 ? addressed : recipients).join(', '),
    subject: mail.subject ?? '',
    headers,
    text: mail.text ?? null,
    html: mail.html ?? null,
    raw: raw.toString('utf8'),
  };
}

/** A group (RFC 5322, section 3.4) is the addresses in it. */
const addressesOf = (address: Address): string[] =>
  address.group ? address.group.map((member) => member.address) : [address.address];
