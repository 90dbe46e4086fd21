import { Socket } from 'node:net';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i;

let guarded = false;

/**
 * Makes every connection of this process to anything but loopback (or a local pipe) throw. TLS and fetch go through
 * the same method. Child processes are not covered. Once is enough for a process.
 */
export function guardSockets(): void {
  if (guarded) return;
  guarded = true;
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function connectToLoopback(this: Socket, ...given: unknown[]): Socket {
    const host = hostOf(given);
    if (host !== undefined && !LOOPBACK.test(host)) {
      throw new Error(
        `a test tried to reach ${host}; tests talk to loopback only: start a simulator from test/vendors`,
      );
    }
    return Reflect.apply(connect, this, given);
  } as typeof connect;
}

/** The host that `Socket.connect` was asked for; undefined for a pipe, and for a port alone, which means localhost. */
function hostOf(given: readonly unknown[]): string | undefined {
  // Node's own callers (http, fetch) pass the already normalised arguments as one list.
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === 'object' && first !== null) {
    if ('path' in first && typeof first.path === 'string') return undefined;
    return 'host' in first && typeof first.host === 'string' ? first.host : undefined;
  }
  return typeof second === 'string' ? second : undefined;
}
