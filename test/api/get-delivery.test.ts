import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { type DetailBody, getDelivery, newEndpointDelivery } from './support/deliveries';
import { describeOperation } from './support/describe-operation';
import { done } from './support/fixtures';

const missing = {
  path: '/api/v1/deliveries/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'delivery.not_found',
};

describeOperation(
  'getDelivery',
  { path: async (api) => `/api/v1/deliveries/${(await newEndpointDelivery(api)).id}`, missing },
  (test) => {
    const attempt = (id: string, number: number, outcome: string, statusCode: number | null) =>
      test.api.services.database
        .query(sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome,
          status_code, error_kind, error, request_headers, response) VALUES (${new Uuid(id)}, ${number},
          ${new Date('2026-11-21T12:00:00.123Z')}, 42, ${outcome}, ${statusCode},
          ${statusCode === null ? 'timeout' : null}, ${statusCode === null ? 'no answer in 15 s' : null},
          ${'{"webhook-id":"x"}'}, ${statusCode === null ? null : 'thanks'})`);

    it('200: the delivery with each attempt, first to last', async () => {
      const { id, eventId, endpointId } = await newEndpointDelivery(test.api);
      await attempt(id, 2, 'succeeded', 204);
      await attempt(id, 1, 'retry', null);
      const { status, body } = await test.call('GET', `/api/v1/deliveries/${id.toUpperCase()}`);
      expect([status, body]).toMatchObject([200, { id, eventId, target: endpointId, state: 'pending' }]);
      expect((body as DetailBody).attemptRecords).toEqual([
        {
          number: 1,
          startedAt: '2026-11-21T12:00:00.123Z',
          tookMs: 42,
          outcome: 'retry',
          statusCode: null,
          errorKind: 'timeout',
          error: 'no answer in 15 s',
          requestHeaders: { 'webhook-id': 'x' },
          response: null,
        },
        {
          number: 2,
          startedAt: '2026-11-21T12:00:00.123Z',
          tookMs: 42,
          outcome: 'succeeded',
          statusCode: 204,
          errorKind: null,
          error: null,
          requestHeaders: { 'webhook-id': 'x' },
          response: 'thanks',
        },
      ]);
    });

    it('200: of more than 200 attempts the newest', async () => {
      const { id } = await newEndpointDelivery(test.api);
      for (let number = 1; number <= 201; number++) await attempt(id, number, 'retry', 500);
      const { attemptRecords } = await getDelivery(test.api, id);
      expect([attemptRecords.length, attemptRecords[0]?.number, attemptRecords[199]?.number]).toEqual([
        200, 2, 201,
      ]);
    });

    it('200: shows no payload, and of an erased user no answer (I7)', async () => {
      const { id, userId } = await newEndpointDelivery(test.api);
      await attempt(id, 1, 'succeeded', 204);
      expect(JSON.stringify(await getDelivery(test.api, id))).not.toMatch(/Spam|eve@/);
      await done(test.api, 'DELETE', `/api/v1/users/${userId}`, { permanent: true });
      expect(await getDelivery(test.api, id)).toMatchObject({
        state: 'cancelled',
        attemptRecords: [{ response: null }],
      });
    });

    it('400: an id that is no UUID names the path (I8)', async () => {
      const { status, body } = await test.call('GET', '/api/v1/deliveries/101');
      expect([status, body]).toMatchObject([400, { errors: [{ pointer: '/path/deliveryId' }] }]);
    });
  },
);
