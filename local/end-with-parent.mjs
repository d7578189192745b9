import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before the API and the worker, compiled or not: ends them when whoever started them is gone, killed with -9
 * included. The kernel closes the IPC channel then, on every system.
 */
const GRACE_MS = 8_000;

function end() {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), GRACE_MS).unref();
}

function endWithParent() {
  if (!process.connected) {
    end();
    return;
  }
  process.once('disconnect', end);
  // The channel alone must not keep a process running that has drained.
  process.channel?.unref();
}

// The thread that compiles TypeScript is loaded with this, too, and has no channel.
if (isMainThread) endWithParent();
