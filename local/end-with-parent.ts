/**
 * Loaded before the API and the worker: ends them when whoever started them is gone, killed with -9 included. The
 * kernel closes the IPC channel then, on every system.
 */
const GRACE_MS = 8_000;

function end(): void {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), GRACE_MS).unref();
}

if (process.connected) {
  process.once('disconnect', end);
  // The channel alone must not keep a process running that has drained.
  process.channel?.unref();
} else {
  end();
}
