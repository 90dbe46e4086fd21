import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FormTool, startFormTool } from './server.ts';

const MINUTE = 60_000;
let at: number;
let tool: FormTool;

beforeEach(async () => {
  at = Date.parse('2026-11-21T08:00:00Z');
  tool = await startFormTool({ now: () => new Date(at), form: 'f1' });
});

afterEach(() => tool.close());

/** Answers deliveries by these statuses, one after the other, the last for ever. */
async function listen(...statuses: number[]) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(statuses.length > 1 ? (statuses.shift() ?? 500) : (statuses[0] ?? 500)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  tool.sender.subscribe(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) };
}

async function tokens(query: string): Promise<unknown> {
  const answer = await fetch(`${tool.url}/forms/f1/responses?${query}`, {
    headers: { authorization: `Bearer ${tool.secret.access_token}` },
  });
  const { items } = (await answer.json()) as { readonly items?: readonly { readonly token: string }[] };
  return items?.map(({ token }) => token) ?? answer.status;
}

describe('the simulated form', () => {
  it('shows the newest first, and walks by processing with before and after', async () => {
    for (const [token, time] of [
      ['a', '08:00'],
      ['b', '08:02'],
      ['late', '08:01'],
    ]) {
      await tool.submit({ token: token ?? '', submitted_at: `2026-11-21T${time}:00Z` });
    }

    expect(await tokens('page_size=5')).toEqual(['b', 'late', 'a']);
    expect(await tokens('page_size=1&before=late')).toEqual(['b']);
    expect(await tokens('after=a')).toEqual(['late', 'b']);
    expect(await tokens('after=a&sort=submitted_at,asc')).toBe(400);
  });

  it('sends again until somebody takes it', async () => {
    await using _receiver = await listen(500, 503, 200);
    await tool.submit({});

    const due = [];
    for (const minutes of [4, 1, 2, 60]) {
      at += minutes * MINUTE;
      due.push(await tool.sender.retryDue());
    }

    expect(due).toEqual([0, 1, 1, 0]);
    expect(tool.sender.sent.map(({ status }) => status)).toEqual([500, 503, 200]);
  });

  it('never calls again whoever says that nothing is there', async () => {
    await using _receiver = await listen(404);

    await tool.submit({});
    await tool.submit({});

    expect(tool.sender.sent).toHaveLength(1);
    expect(tool.sender.isDisabled()).toBe(true);
  });
});
