const JSON_TYPE = 'application/json';

/**
 * Whether an answer is wanted in another form than JSON: where that is named, and JSON not preferred.
 * @param accept the header as it was sent (RFC 9110, section 12.5.1)
 */
export function prefersType(accept: string | undefined, type: string): boolean {
  const weights = new Map((accept ?? '').split(',').map(readRange));
  const weight = weights.get(type) ?? 0;
  return weight > 0 && weight >= (weights.get(JSON_TYPE) ?? 0);
}

/** RFC 9110, section 12.4.2: without a weight it is 1. */
function readRange(range: string): [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return [type, weight === undefined ? 1 : Number(weight)];
}
