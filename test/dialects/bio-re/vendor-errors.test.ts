import { join } from 'node:path';
import type { components } from '../../../src/dialects/bio-re/contract.generated';
import { languages } from '../../../src/dialects/bio-re/messages/messages';
import { vendorErrorOf } from '../../../src/dialects/bio-re/vendor-errors';
import type { ErrorCode } from '../../../src/errors';
import { readContract } from '../../../src/http/contract';
import { resolve } from '../../http/support/contract-operations';

type Failure = components['schemas']['Failure'];

it.each(['service.busy', 'service.outcome_unknown', 'auth.issuer_unavailable'] as const)(
  '%s is 503: whoever tries again may have more luck',
  (code) => {
    expect(vendorErrorOf(code)).toEqual({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      i18nKey: 'service.unavailable',
    });
  },
);

it.each(['service.internal', 'user.uid_taken'] as const)('%s is 500: nobody foresaw it here', (code) => {
  expect(vendorErrorOf(code)).toEqual({
    status: 500,
    code: 'INTERNAL_ERROR',
    i18nKey: 'service.internal',
  });
});

/** What may be refused in these calls. */
const CODES: ErrorCode[] = [
  'request.invalid',
  'request.malformed',
  'request.method_not_allowed',
  'rate_limit.exceeded',
  'auth.missing_token',
  'auth.invalid_token',
  'auth.insufficient_scope',
  'auth.issuer_unavailable',
  'user.not_found',
  'block_list.self',
  'block_list.already_blocked',
  'block_list.not_blocked',
  'block_list.full',
  'service.busy',
  'service.outcome_unknown',
  'service.internal',
];

it('each error in the contract has an example, which is what is answered, word for word', () => {
  const contract = readContract(join(__dirname, '../../../src/dialects/bio-re/openapi.yaml'));
  const operations = Object.values(contract.paths ?? {}).flatMap((item) =>
    Object.values(item as Record<string, { responses: Record<string, unknown> }>),
  );
  const examples = operations.flatMap(({ responses }) =>
    Object.entries(responses).map(([status, response]) => {
      const { content } = resolve(contract, response) as { content: Record<string, { example: Failure }> };
      return { status: Number(status), example: content['application/json']?.example };
    }),
  );
  const errors = examples.filter(({ status }) => status !== 200);
  expect(errors.length).toBeGreaterThan(10);
  const answered = CODES.map((code) => {
    const { status, code: vendorCode, i18nKey, field, details = [] } = vendorErrorOf(code);
    const message = languages.en?.[i18nKey];
    const i18nVars = field === undefined ? {} : { field };
    return JSON.stringify([status, vendorCode, message, i18nKey, i18nVars, details]);
  });
  for (const { status, example } of errors) {
    const { code, message, i18nKey, i18nVars, details } = (example as Failure).error;
    expect(answered).toContain(JSON.stringify([status, code, message, i18nKey, i18nVars, details]));
  }
});
