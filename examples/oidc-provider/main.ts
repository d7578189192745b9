import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInteractions } from './interactions';
import { Portcullis } from './portcullis';
import { createProvider } from './provider';

/** Runs the example on this machine's loopback address. docs/integration.md says how. */
const wanted = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
};

const portcullis = new Portcullis({
  url: wanted('PORTCULLIS_URL'),
  tokenUrl: wanted('PORTCULLIS_TOKEN_URL'),
  audience: wanted('PORTCULLIS_AUDIENCE'),
  clientId: wanted('PORTCULLIS_CLIENT_ID'),
  clientSecret: wanted('PORTCULLIS_CLIENT_SECRET'),
});
const client = {
  id: wanted('CLIENT_ID'),
  secret: wanted('CLIENT_SECRET'),
  redirectUri: wanted('CLIENT_REDIRECT_URI'),
};
const resource = wanted('RESOURCE');

const server = createServer().listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider({ issuer, resource, client, portcullis });
  const answer = provider.callback();
  const interact = createInteractions(provider, resource, portcullis);
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
    interact(request, response).catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  console.log(`listening at ${issuer}`);
});
