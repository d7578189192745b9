import 'reflect-metadata';
import { DataSource, type EntitySchema, type MixedList } from 'typeorm';
import type { Engine } from './engines/engine';
import { mysqlEngine } from './engines/mysql';
import { postgresEngine } from './engines/postgres';

type Constructors = MixedList<EntitySchema | (new () => object)>;

export interface DataSourceOptions {
  databaseUrl: string;
  poolSize: number;
  entities?: Constructors;
  migrations?: (new () => object)[];
}

/** `mysql://` and `mariadb://` speak MySQL, everything else PostgreSQL (config.ts has checked the scheme). */
export const engineOf = (databaseUrl: string): Engine =>
  /^(mysql|mariadb):/.test(databaseUrl) ? mysqlEngine : postgresEngine;

/** A TypeORM data source that never alters the schema by itself: migrations do. Not yet connected. */
export function createDataSource({
  databaseUrl,
  poolSize,
  entities,
  migrations,
}: DataSourceOptions): DataSource {
  const shared = {
    entities: entities ?? [],
    migrations: migrations ?? [],
    migrationsTableName: 'migrations',
    poolSize,
    synchronize: false,
    logging: false as const,
  };
  if (engineOf(databaseUrl).name === 'mysql') {
    return new DataSource({
      ...shared,
      type: 'mysql',
      url: databaseUrl.replace(/^mariadb:/, 'mysql:'),
      timezone: 'Z',
      charset: 'utf8mb4',
      // Several statements a round trip; values never reach a statement but through the engine's escaping (sql.ts).
      extra: { multipleStatements: true, connectTimeout: 5_000, enableKeepAlive: true },
    });
  }
  return new DataSource({
    ...shared,
    type: 'postgres',
    url: databaseUrl,
    extra: { connectionTimeoutMillis: 5_000, keepAlive: true },
  });
}
