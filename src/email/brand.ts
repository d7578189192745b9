/** Who writes, and how she looks. */
export interface Brand {
  /** The operator's name. */
  name: string;
  /** An e-mail address or a URL, where people can ask. */
  support: string | null;
  /** `#rrggbb`, behind the name. */
  color: string;
}

/** What a click on the support address opens. */
export const supportUrl = (support: string): string =>
  /^https?:/i.test(support) ? support : `mailto:${support}`;

const DARK = '#000000';
const LIGHT = '#ffffff';

/** Dark or light, whichever is read better: 4.5 to 1 at least, whatever the colour (WCAG 2.2, 1.4.3). */
export const textColorOn = (color: string): string =>
  contrast(color, LIGHT) >= contrast(color, DARK) ? LIGHT : DARK;

/** WCAG 2.2, "contrast ratio": 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
