import type { Database } from '../database/database';
import { Uuid } from '../database/uuid';
import { LogoutClient } from './logout-client.entity';

export const findLogoutClient = (database: Database, id: string): Promise<LogoutClient | null> =>
  database.find((entities) => entities.findOneBy(LogoutClient, { id }));

/** Up to `limit` clients, newest first, after `position`. */
export const pageLogoutClients = (
  database: Database,
  limit: number,
  position: { createdAt: Date; key: string } | null,
): Promise<LogoutClient[]> =>
  database.find((entities) => {
    const query = entities
      .createQueryBuilder(LogoutClient, 'c')
      .orderBy('c.createdAt', 'DESC')
      .addOrderBy('c.id', 'DESC');
    if (position) {
      query.andWhere('(c.createdAt < :createdAt OR (c.createdAt = :createdAt AND c.id < :id))', {
        createdAt: position.createdAt,
        id: new Uuid(position.key),
      });
    }
    return query.limit(limit).getMany();
  });
