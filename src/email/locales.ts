/**
 * A language tag and ever shorter beginnings of it, in canonical form (RFC 4647, section 3.4, "Lookup"); nothing for a tag that
 * is none.
 */
export function lookupRange(tag: string): string[] {
  const [canonical] = canonicalLocales(tag);
  if (canonical === undefined) return [];
  const parts = canonical.split('-');
  const range: string[] = [];
  while (parts.length > 0) {
    range.push(parts.join('-'));
    parts.pop();
    // A single character begins what it is no part of without.
    if (parts.at(-1)?.length === 1) parts.pop();
  }
  return range;
}

function canonicalLocales(tag: string): string[] {
  try {
    return Intl.getCanonicalLocales(tag);
  } catch {
    return [];
  }
}
