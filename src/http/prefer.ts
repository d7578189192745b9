/** RFC 7240, section 2: preferences are comma-separated, parameters follow a semicolon, names have no case. */
export function prefersRepresentation(prefer: string | undefined): boolean {
  const preferences = (prefer ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase());
  return preferences.some((preference) => preference?.replaceAll(/[\s"]/g, '') === 'return=representation');
}

/** Tells the caller that its preference was honoured (RFC 7240, section 3). */
export const representationApplied = { 'Preference-Applied': 'return=representation' };
