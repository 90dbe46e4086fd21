import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';
import { parseInstant } from '../domain/instant.ts';
import { readExport, startExport } from '../pipeline/describe/export-person.ts';
import { allReceipts, type ErasureReceipt, readReceipt } from '../pipeline/erase/erasure-receipt.ts';
import { startForget } from '../pipeline/erase/forget-person.ts';
import { readJob } from '../pipeline/jobs/jobs.ts';
import { startReplay } from '../pipeline/replay/replay.ts';
import type { ApiDeps } from './deps.ts';
import { personNamed } from './read-routes.ts';
import { type Route, route } from './route.ts';

const personSchema = z.object({ person: z.string() });
const replaySchema = z.object({ from: z.string(), to: z.string(), connection: z.string().optional() });

/** Erasure, access, and reading the archive again: work that is asked for here and done by run-job. */
export function privacyRoutes(deps: ApiDeps): readonly Route<never>[] {
  const idOf = async (person: string): Promise<string> => (await personNamed(deps, person)).id;
  const jobNamed = async (id: string) => readJob(deps, await deps.definitions(), id);
  return [
    route({
      method: 'post',
      path: '/api/forget',
      needs: 'approver',
      summary: 'Erase a person',
      body: personSchema,
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) => jobNamed((await startForget(deps, await idOf(body.person), by)).job),
    }),
    route({
      method: 'get',
      path: '/api/erasures',
      needs: 'viewer',
      summary: 'Receipts of erasures, oldest first',
      answer: 'Erasures',
      run: async () => {
        const found = [];
        for await (const [id, receipt] of allReceipts(deps.state)) found.push(shown(id, receipt));
        return found;
      },
    }),
    route({
      method: 'get',
      path: '/api/erasures/{receipt}',
      needs: 'viewer',
      summary: 'One receipt of an erasure',
      answer: 'Erasure',
      run: async ({ params: { receipt = '' } }) => {
        const found = await readReceipt(deps.state, receipt);
        if (found === undefined) {
          throw new TributaryError('rejected', 'api/no-such-erasure', 'no erasure has that receipt');
        }
        return shown(receipt, found);
      },
    }),
    route({
      method: 'post',
      path: '/api/export',
      needs: 'editor',
      summary: 'Write down everything that is known about a person',
      body: personSchema,
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) => jobNamed(await startExport(deps, await idOf(body.person), by)),
    }),
    route({
      method: 'get',
      path: '/api/exports/{job}/{form}/{part}',
      needs: 'editor',
      summary: 'One part of a finished export, as json or html; parts count from 0',
      answer: 'ExportPart',
      run: async ({ params: { job = '', form = '', part = '' } }) => {
        const found = await readExport(deps, job, form, Number(part));
        if (found === undefined) {
          throw new TributaryError('rejected', 'api/no-such-export', 'there is no such export, or it is gone');
        }
        return found;
      },
    }),
    route({
      method: 'post',
      path: '/api/replay',
      needs: 'approver',
      summary: 'Read the archive again',
      body: replaySchema,
      status: 202,
      answer: 'Job',
      run: async ({ body, by }) => {
        const definitions = await deps.definitions();
        const { connection } = body;
        if (connection !== undefined && definitions.connections[connection] === undefined && connection !== 'web') {
          throw new TributaryError('rejected', 'api/no-such-connection', `no connection is called ${connection}`);
        }
        const [from, to] = [parseInstant(body.from), parseInstant(body.to)];
        if (from === undefined || to === undefined || from >= to) {
          const message = 'from and to: expected two RFC 3339 instants, the first before the second';
          throw new TributaryError('rejected', 'api/bad-body', message);
        }
        const asked = { from, to, by, ...(connection === undefined ? {} : { connection }) };
        return jobNamed(await startReplay(deps, definitions, asked));
      },
    }),
  ];
}

/** Without the keys: they are for searching, and there may be thousands. */
function shown(id: string, { keys: _keys, audiences: _audiences, ...receipt }: ErasureReceipt) {
  return { id, ...receipt };
}
