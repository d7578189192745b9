/**
 * What somebody typed, as part of a line of ours: a line break or a change of direction (Unicode UAX #9, "explicit
 * formatting") would let it pass for more of the message than it is.
 */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '')
    .trim();

/** Letters with their joiners, spaces, apostrophes, hyphens, and dots that end a word; no more than a greeting takes. */
const NAME = /^(?:[\p{L}\p{M}'’ʼ·・\- ]|\u200c|\u200d|\.(?=\s|$)){1,60}$/u;

/**
 * The name to greet somebody by; null where it cannot be one. Whoever may sign up with another's address could else have us
 * mail her a link or a telephone number, as her name.
 */
export function greetingName(firstName: string | null): string | null {
  const name = oneLine(firstName ?? '');
  return NAME.test(name) ? name : null;
}
