import express from 'express';
import request from 'supertest';
import { type ContractDocument, loadContract } from '../../src/http/contract';
import { createDocs } from '../../src/http/docs';
import { operationsOf } from './support/contract-operations';

const serve = (document: ContractDocument) => express().use(createDocs(document));

it('/openapi.json is the contract, for everybody', async () => {
  const response = await request(serve(loadContract())).get('/openapi.json').expect(200);
  expect(response.headers['content-type']).toContain('application/json');
  expect(response.body).toEqual(loadContract());
});

describe('/docs', () => {
  it('shows every operation with its path, its scope and its answers', async () => {
    const { text } = await request(serve(loadContract())).get('/docs').expect(200);
    for (const { operationId, template, scopes, statuses } of operationsOf(loadContract())) {
      const section = text.split(`<section id="${operationId}">`)[1]?.split('</section>')[0] ?? '';
      expect(section).toContain(`<code>${template}</code>`);
      for (const word of [...scopes, ...statuses.map((status) => `>${status}<`)])
        expect(section).toContain(word);
    }
  });

  it('tells scopes that are needed together from those of which one is enough', async () => {
    const { text } = await request(serve(loadContract())).get('/docs').expect(200);
    expect(text).toContain('>users:block or users:unblock<');
    expect(text).toContain('>sessions:write users:write<');
  });

  it('shows the fields inside of fields', async () => {
    const { text } = await request(serve(loadContract())).get('/docs').expect(200);
    for (const field of ['suspension.blockedAt', 'items[].suspension.reason', 'deliveries[].channel']) {
      expect(text).toContain(`<code>${field}</code>`);
    }
    expect(text).toContain('list of * | user.* | user.blocked');
    expect(text).toContain('<code>locale</code></td><td>string or null');
  });

  it('shows each form of a body as it is sent', async () => {
    const { text } = await request(serve(loadContract())).get('/docs').expect(200);
    for (const words of [
      'Body, application/x-ndjson',
      'Body, text/csv',
      '>userId\n101\n102\n<',
      '<code>users[].',
    ]) {
      expect(text).toContain(words);
    }
  });

  it('loads nothing and runs nothing', async () => {
    const { text, headers } = await request(serve(loadContract())).get('/docs').expect(200);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<script|<link|<img|@import|url\(|javascript:/i);
    expect(text).not.toMatch(/ on\w+=/i);
  });

  it('shows markup of the contract as text', async () => {
    const document = loadContract();
    document.info.description = '<script>alert("x")</script> & `<b>`';
    const { text } = await request(serve(document)).get('/docs').expect(200);
    expect(text).not.toContain('<script>');
    expect(text).toContain('&#60;script&#62;');
  });
});
