/**
 * Whether the caller asks for a representation in place of an empty answer. RFC 7240, section 2: preferences are
 * comma-separated, parameters follow a semicolon, names have no case, and of one that comes twice the first counts.
 */
export function prefersRepresentation(prefer: string | undefined): boolean {
  const preferences = (prefer ?? '')
    .split(',')
    .map((part) => (part.split(';')[0] ?? '').toLowerCase().replaceAll(/[\s"]/g, ''));
  return preferences.find((preference) => preference.startsWith('return=')) === 'return=representation';
}

/** Tells the caller that its preference was honoured (RFC 7240, section 3). */
export const representationApplied = { 'Preference-Applied': 'return=representation' };
