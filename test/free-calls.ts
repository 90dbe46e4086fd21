import type { Calls } from '../lib/connectors/contract.ts';

/** Calls of a connection that has no limits. */
export const freeCalls: Calls = { ask: async () => {}, heard: () => {} };
