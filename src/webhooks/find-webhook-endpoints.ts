import type { Database } from '../database/database';
import { Uuid } from '../database/uuid';
import { WebhookEndpoint } from './webhook-endpoint.entity';

export const findWebhookEndpoint = (database: Database, id: string): Promise<WebhookEndpoint | null> =>
  database.find((entities) => entities.findOneBy(WebhookEndpoint, { id }));

export interface EndpointFilter {
  enabled?: boolean;
}

/** Up to `limit` endpoints, newest first, after `position`. */
export const pageWebhookEndpoints = (
  database: Database,
  { enabled }: EndpointFilter,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<WebhookEndpoint[]> =>
  database.find((entities) => {
    const query = entities
      .createQueryBuilder(WebhookEndpoint, 'e')
      .orderBy('e.createdAt', 'DESC')
      .addOrderBy('e.id', 'DESC');
    if (enabled !== undefined) query.andWhere('e.enabled = :enabled', { enabled });
    if (position) {
      query.andWhere('(e.createdAt < :createdAt OR (e.createdAt = :createdAt AND e.id < :id))', {
        createdAt: position.createdAt,
        id: new Uuid(position.key),
      });
    }
    return query.limit(limit).getMany();
  });
