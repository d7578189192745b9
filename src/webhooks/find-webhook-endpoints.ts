import type { Database } from '../database/database';
import { Uuid } from '../database/uuid';
import { WebhookEndpoint } from './webhook-endpoint.entity';

export const findWebhookEndpoint = (database: Database, id: string): Promise<WebhookEndpoint | null> =>
  database.find((entities) => entities.findOneBy(WebhookEndpoint, { id }));

/** Up to `limit` endpoints, newest first, after `position`. */
export const pageWebhookEndpoints = (
  database: Database,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<WebhookEndpoint[]> =>
  database.find((entities) => {
    const query = entities
      .createQueryBuilder(WebhookEndpoint, 'e')
      .orderBy('e.createdAt', 'DESC')
      .addOrderBy('e.id', 'DESC');
    if (position) {
      query.where('e.createdAt < :createdAt OR (e.createdAt = :createdAt AND e.id < :id)', {
        createdAt: position.createdAt,
        id: new Uuid(position.key),
      });
    }
    return query.limit(limit).getMany();
  });
