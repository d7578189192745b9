import { type Dispatcher, Pool } from 'undici';
import type { Asking } from '../race';

/** A session of the seed, and a token of it. */
export interface Subject {
  sid: string;
  token: string;
}

/** Takes one after the other, and begins again. */
function takingTurns(subjects: readonly Subject[]): () => Subject {
  let at = 0;
  return () => {
    const subject = subjects[at++ % subjects.length];
    if (!subject) throw new RangeError('nobody to ask about');
    return subject;
  };
}

type Send = (subject: Subject) => Pick<Dispatcher.RequestOptions, 'method' | 'path' | 'headers' | 'body'>;

/** @param isYes whether an answer is what a good token is answered */
function asking(
  name: string,
  { url, callers, subjects }: Crowd,
  send: Send,
  isYes: (text: string, subject: Subject) => boolean,
): Asking {
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  const next = takingTurns(subjects);
  return {
    name,
    async ask() {
      const subject = next();
      const { statusCode, body } = await pool.request(send(subject));
      const text = await body.text();
      if (statusCode !== 200 || !isYes(text, subject)) throw new Error(`it answered ${statusCode}: ${text}`);
    },
    close: () => pool.close(),
  };
}

/** Who asks whom, about whom. */
export interface Crowd {
  url: string;
  callers: number;
  subjects: readonly Subject[];
}

const hasSession = (text: string, { sid }: Subject) => text.includes(sid);

const form = ({ token }: Subject) => ({
  method: 'POST' as const,
  path: '/connect/introspect',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: `token=${token}`,
});

/** The bare route, asked by a GET. */
export const askBare = (name: string, crowd: Crowd): Asking =>
  asking(name, crowd, ({ sid }) => ({ method: 'GET', path: `/sessions/${sid}` }), hasSession);

/** The bare route that is sent the same form. */
export const askBareForm = (name: string, crowd: Crowd): Asking => asking(name, crowd, form, hasSession);

/** Portcullis' introspection, with token, contract and log. */
export const askPortcullis = (name: string, bearer: string, crowd: Crowd): Asking =>
  asking(
    name,
    crowd,
    (subject) => {
      const request = form(subject);
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${bearer}` } };
    },
    (text) => text.includes('"active":true'),
  );
