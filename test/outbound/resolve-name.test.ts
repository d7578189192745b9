import { promises as dns } from 'node:dns';
import { createResolveName, NameError } from '../../src/outbound/resolve-name';

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
const answering =
  (...addresses: string[]) =>
  () =>
    Promise.resolve(addresses);

/** DNS itself is the one thing here that no test has at hand. */
function resolving(v4: () => Promise<string[]>, v6: () => Promise<string[]>): Promise<string[]> {
  jest.spyOn(dns.Resolver.prototype, 'resolve4').mockImplementation(v4);
  jest.spyOn(dns.Resolver.prototype, 'resolve6').mockImplementation(v6);
  return createResolveName()('hooks.example.com');
}
afterEach(() => jest.restoreAllMocks());

describe('resolving the name of a receiver', () => {
  it('answers the addresses of both kinds, so that each can be judged (I7)', async () => {
    await expect(resolving(answering('1.1.1.1'), answering('::1'))).resolves.toEqual(['1.1.1.1', '::1']);
  });

  it.each(['ENODATA', 'ENOTFOUND', 'ESERVFAIL', 'ETIMEOUT'])(
    'answers what there is where the other kind ends in %s',
    async (code) => {
      await expect(resolving(answering('1.1.1.1'), failing(code))).resolves.toEqual(['1.1.1.1']);
      await expect(resolving(failing(code), answering('::1'))).resolves.toEqual(['::1']);
    },
  );

  it.each([
    ['ENOTFOUND', 'ENOTFOUND', 'ENOTFOUND'],
    ['ENODATA', 'ENODATA', 'ENOTFOUND'],
    ['EBADNAME', 'EBADNAME', 'ENOTFOUND'],
    ['ESERVFAIL', 'ESERVFAIL', 'EAI_AGAIN'],
    ['ENODATA', 'ETIMEOUT', 'EAI_AGAIN'],
    ['ECONNREFUSED', 'ECONNREFUSED', 'EAI_AGAIN'],
  ])('%s and %s: %s', async (v4, v6, code) => {
    const error = await resolving(failing(v4), failing(v6)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NameError);
    expect(error).toMatchObject({ code });
  });
});
