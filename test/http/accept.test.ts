import { prefersType } from '../../src/http/accept';

const JWT = 'application/token-introspection+jwt';

it.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/*', false],
  ['application/json', false],
  [JWT, true],
  ['Application/Token-Introspection+JWT', true],
  [`${JWT};q=0`, false],
  [`${JWT}; q=0.5`, true],
  [`application/json, ${JWT}`, true],
  [`application/json;q=0.9,${JWT}`, true],
  [`application/json, ${JWT};q=0.9`, false],
  [`${JWT};q=nonsense`, false],
])('RFC 9110, section 12.5.1; RFC 9701, section 4: Accept %j asks for a JWT: %s', (accept, wanted) => {
  expect(prefersType(accept, JWT)).toBe(wanted);
});
