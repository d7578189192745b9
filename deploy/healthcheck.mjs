// Asks the process of its own container whether it is ready: `node deploy/healthcheck.mjs api|worker`.
const { ADMIN_PORT, PORT, WORKER_PORT } = process.env;
const port = process.argv[2] === 'worker' ? WORKER_PORT || 3001 : ADMIN_PORT || PORT || 3000;
const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).catch(
  () => null,
);
process.exit(response?.ok ? 0 : 1);
