import { Registry } from 'prom-client';
import request from 'supertest';
import { createProbeApp, createProbes, type ReadinessCheck } from '../../src/http/health';
import { createRegistry } from '../../src/http/metrics';

const up = () => Promise.resolve();
const down = () => Promise.reject(new Error('connect ECONNREFUSED db.internal:3306'));
const appWith = (checks: ReadinessCheck[]) => createProbeApp(createProbes(checks, new Registry()));

it('/healthz says that the process runs, whatever is away', async () => {
  const app = appWith([{ name: 'database', required: true, check: down }]);
  const response = await request(app).get('/healthz').expect(200);
  expect(response.body).toEqual({ status: 'ok' });
});

describe('/readyz', () => {
  it('200 where everything answers', async () => {
    const app = appWith([
      { name: 'database', required: true, check: up },
      { name: 'queue', required: false, check: up },
    ]);
    const response = await request(app).get('/readyz').expect(200);
    expect(response.body).toEqual({ status: 'ok', checks: { database: 'up', queue: 'up' } });
  });

  it('a lost queue is degraded, with 200', async () => {
    const app = appWith([
      { name: 'database', required: true, check: up },
      { name: 'queue', required: false, check: down },
    ]);
    const response = await request(app).get('/readyz').expect(200);
    expect(response.body).toEqual({ status: 'degraded', checks: { database: 'up', queue: 'down' } });
  });

  it('a lost database is a 503 that does not say where it was (I7)', async () => {
    const app = appWith([{ name: 'database', required: true, check: down }]);
    const response = await request(app).get('/readyz').expect(503);
    expect(response.body).toEqual({ status: 'unavailable', checks: { database: 'down' } });
  });

  it('a part that throws before it can reject is down', async () => {
    const check = (): Promise<void> => {
      throw new Error('closed');
    };
    await request(appWith([{ name: 'database', required: true, check }]))
      .get('/readyz')
      .expect(503);
  });

  it('a part that never answers is down', async () => {
    const check = () => new Promise<void>(() => undefined);
    await request(appWith([{ name: 'database', required: true, check }]))
      .get('/readyz')
      .expect(503);
  });
});

it('/metrics speaks Prometheus, with Node’s own figures', async () => {
  const app = createProbeApp(createProbes([], createRegistry()));
  const response = await request(app).get('/metrics').expect(200);
  expect(response.headers['content-type']).toContain('text/plain; version=0.0.4');
  expect(response.text).toContain('process_cpu_seconds_total');
});
