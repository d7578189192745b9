import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface CaughtEmail {
  /** The bytes as they came. */
  raw: Buffer;
  mail: Email;
  /** The addresses of the RCPT TO commands. */
  recipients: string[];
  from: string;
  secure: boolean;
}

export interface TestSmtp {
  port: number;
  url: string;
  caught: CaughtEmail[];
  close(): Promise<void>;
}

/** A real mail server that keeps what it is sent. */
export async function startSmtp(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const caught: CaughtEmail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    // It would warn of its certificate, which everybody knows.
    logger: false,
    onData(stream, { envelope, secure }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        const recipients = envelope.rcptTo.map(({ address }) => address);
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        void PostalMime.parse(raw).then((mail) => {
          caught.push({ raw, mail, recipients, from, secure });
          callback();
        });
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    url: `smtp://127.0.0.1:${port}`,
    caught,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export const refusal = (responseCode: number, words: string) =>
  Object.assign(new Error(words), { responseCode });
