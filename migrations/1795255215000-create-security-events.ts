import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, nullable, primary, tableColumns } from '../src/database/table-columns';

export class CreateSecurityEvents1795255215000 implements MigrationInterface {
  name = 'CreateSecurityEvents1795255215000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const column = await tableColumns(queryRunner);
    await createTable(queryRunner, {
      name: 'signing_keys',
      columns: [
        column.text('kid', 64, primary),
        column.text('predecessor', 64),
        column.text('algorithm', 10),
        column.longText('public_key'),
        column.longText('private_key', nullable),
        column.time('created_at'),
        column.time('signs_from'),
        column.time('signs_until', nullable),
        column.time('published_until', nullable),
      ],
      unique: { signing_keys_predecessor: ['predecessor'] },
    });
    await createTable(queryRunner, {
      name: 'security_event_streams',
      columns: [
        column.uuid('id', primary),
        column.text('client_id', 255),
        column.text('method', 10),
        column.text('endpoint_url', 2_048, nullable),
        column.longText('authorization_header', nullable),
        column.longText('events_requested', nullable),
        column.text('description', 1_000, nullable),
        column.text('status', 20),
        column.text('status_reason', 500, nullable),
        column.time('status_changed_at', nullable),
        column.time('failing_since', nullable),
        column.time('slowed_until', nullable),
        column.time('verified_at', nullable),
        column.time('polled_at', nullable),
        { name: 'version', type: 'int' },
        column.time('created_at'),
        column.time('updated_at', nullable),
      ],
      unique: { security_event_streams_client: ['client_id'] },
    });
    await createTable(queryRunner, {
      name: 'security_event_exclusions',
      columns: [
        column.uuid('stream_id', primary),
        { ...column.integer('user_id'), isPrimary: true },
        column.time('excluded_at'),
      ],
      indices: { security_event_exclusions_user: ['user_id'] },
    });
    await createTable(queryRunner, {
      name: 'logout_clients',
      columns: [
        column.uuid('id', primary),
        column.text('client_id', 255),
        column.text('logout_uri', 2_048),
        column.boolean('session_required'),
        column.boolean('enabled'),
        column.text('description', 1_000, nullable),
        column.time('failing_since', nullable),
        { name: 'version', type: 'int' },
        column.time('created_at'),
        column.time('updated_at', nullable),
      ],
      unique: { logout_clients_client: ['client_id'] },
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'logout_clients',
      'security_event_exclusions',
      'security_event_streams',
      'signing_keys',
    ])
      await queryRunner.dropTable(table);
  }
}
