import { ssfConfiguration } from '../../src/security-events/ssf-configuration';

const ISSUER = 'https://portcullis.example.com/idp';

describe('the metadata of the transmitter (SSF 1.0, section 7.1; CAEP Interoperability Profile 1.0, section 2.3)', () => {
  const metadata = ssfConfiguration(ISSUER);

  it('names the issuer exactly, and every endpoint below it', () => {
    expect(metadata.issuer).toBe(ISSUER);
    const endpoints = Object.entries(metadata).filter(([name]) => /_endpoint$|_uri$/.test(name));
    expect(endpoints).toHaveLength(6);
    for (const [, url] of endpoints) expect(url).toMatch(new RegExp(`^${ISSUER}/`));
  });

  it('says what the profile requires, and has no empty array', () => {
    expect(metadata).toMatchObject({
      spec_version: '1_0',
      delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
      default_subjects: 'ALL',
    });
    expect(Object.values(metadata).filter((value) => Array.isArray(value) && value.length === 0)).toEqual([]);
  });
});
