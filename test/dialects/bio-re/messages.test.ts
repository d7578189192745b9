import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Request } from 'express';
import express from 'express';
import { languages, messageFor } from '../../../src/dialects/bio-re/messages/messages';

const TEMPLATES = join(__dirname, '../../../src/email/templates');

/** A request of Express that says nothing but this. */
const asking = (acceptLanguage?: string): Request =>
  Object.assign(Object.create(express.request) as Request, {
    headers: { 'accept-language': acceptLanguage },
  });

it('there is a text for every key in every language that the e-mails have, and no text twice in one', () => {
  const ofMails = readdirSync(TEMPLATES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(Object.keys(languages).sort()).toEqual(ofMails.map(({ name }) => name).sort());
  const keys = Object.keys(languages.en ?? {}).sort();
  for (const messages of Object.values(languages)) {
    expect(Object.keys(messages).sort()).toEqual(keys);
    expect(new Set(Object.values(messages)).size).toBe(keys.length);
    for (const text of Object.values(messages)) expect(text).toMatch(/^\p{Lu}.+/u);
  }
});

it.each([
  [undefined, 'en'],
  ['*', 'en'],
  ['tlh', 'en'],
  ['de', 'de'],
  ['de-AT', 'de'],
  ['FR-ca;q=0.8, es;q=0.9', 'es'],
  ['tlh, fr;q=0.1', 'fr'],
  ['en;q=0, es', 'es'],
  [';;q=,', 'en'],
])('Accept-Language: %s is answered in %s', (asked, language) => {
  const answer = messageFor(asking(asked), 'user.block.self');
  expect(answer).toEqual({ language, message: languages[language]?.['user.block.self'] });
});
