/**
 * Whether an endpoint's filter takes a type of event: it names the type, or all of its kind (`user.*`), or all (`*`).
 * A pattern takes the types of later versions as well.
 */
export const wantsEvent = (patterns: readonly string[], type: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === type ||
      pattern === '*' ||
      (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -'*'.length))),
  );
