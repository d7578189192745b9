import { describeOperation } from './support/describe-operation';
import { change, newUser } from './support/fixtures';

const missing = {
  path: '/api/v1/suspensions/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'suspension.not_found',
};

describeOperation(
  'getSuspension',
  {
    path: async (api) => `/api/v1/suspensions/${(await change(api, 'block', 101)).suspensionId}`,
    missing,
  },
  (test) => {
    it('200: the suspension, as it stands', async () => {
      const { id } = await newUser(test.api);
      const { suspensionId } = await change(test.api, 'block', id, { body: { suspensionReason: 'why' } });
      const { status, body } = await test.call('GET', `/api/v1/suspensions/${suspensionId}`);
      expect([status, body]).toMatchObject([
        200,
        { id: suspensionId, userId: id, reason: 'why', endedAt: null },
      ]);
    });

    it('400: an id that is no UUID names the parameter (I8)', async () => {
      const { status, body } = await test.call('GET', '/api/v1/suspensions/101');
      expect([status, body]).toMatchObject([400, { errors: [{ pointer: '/path/suspensionId' }] }]);
    });
  },
);
