import type { components } from '../http/contract.generated';
import { METHOD_URIS } from './stream-configuration';

/** The transmitter's metadata (SSF 1.0, section 7.1). @param publicUrl the issuer, exactly */
export const ssfConfiguration = (publicUrl: string): components['schemas']['SsfConfiguration'] => ({
  spec_version: '1_0',
  issuer: publicUrl,
  jwks_uri: `${publicUrl}/jwks.json`,
  delivery_methods_supported: [METHOD_URIS.push, METHOD_URIS.poll],
  configuration_endpoint: `${publicUrl}/ssf/streams`,
  status_endpoint: `${publicUrl}/ssf/status`,
  add_subject_endpoint: `${publicUrl}/ssf/subjects/add`,
  remove_subject_endpoint: `${publicUrl}/ssf/subjects/remove`,
  verification_endpoint: `${publicUrl}/ssf/verification`,
  // Who passes by the session of a complex subject would end all of the user's, and who passes by the user, nobody's.
  critical_subject_members: ['user', 'session'],
  // RFC 6749: client credentials at the identity provider.
  authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6749' }],
  default_subjects: 'ALL',
});
