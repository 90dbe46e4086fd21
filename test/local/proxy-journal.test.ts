import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFaults } from '../../lib/local/proxy/faults.ts';
import { openJournal } from '../../lib/local/proxy/journal.ts';
import { openLedger } from '../../lib/local/proxy/message-ledger.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-journal-'));
  file = join(folder, 'deep', 'journal.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a journal', () => {
  it('gives back what was appended, without a last line that was cut short', () => {
    const journal = openJournal(file);
    journal.append({ n: 1 });
    journal.append({ n: 2, text: 'line\nbreak' });
    appendFileSync(file, '{"n":3,"te');
    const again = openJournal(file);
    expect(again.entries).toEqual([{ n: 1 }, { n: 2, text: 'line\nbreak' }]);
    again.append({ n: 4 });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3);
    journal.close();
    again.close();
  });

  it('names the line that is damaged', () => {
    openJournal(file).close();
    writeFileSync(file, '{"n":1}\nnonsense\n{"n":3}\n');
    expect(() => openJournal(file)).toThrow(expect.objectContaining({ code: 'stage/journal-damaged' }));
    expect(() => openJournal(file)).toThrow('line 2 of');
  });
});

describe('the ledger', () => {
  it('holds after a restart what was accepted and not deleted, where it was last', () => {
    const ledger = openLedger(file);
    ledger.sent('a', 'work', 1, { body: 'A' });
    ledger.sent('b', 'work', 2, { body: 'B' });
    ledger.sent('c', 'work', 3, { body: 'C' });
    const late = ledger.hold({ queue: 'work', sentAt: 4, dueAt: 9, body: 'D' });
    const soon = ledger.hold({ queue: 'work', sentAt: 5, dueAt: 6, body: 'E' });
    ledger.delivered(soon, 'e');
    ledger.moved('b', 'dead');
    ledger.deleted('c');
    ledger.close();
    const again = openLedger(file);
    again.close();
    const kept = [...again.held.values()].map(({ id: _any, ...rest }) => rest);
    expect(kept.sort((one, other) => one.sentAt - other.sentAt)).toEqual([
      { queue: 'work', sentAt: 1, dueAt: 1, body: 'A' },
      { queue: 'dead', sentAt: 2, dueAt: 2, body: 'B' },
      { queue: 'work', sentAt: 4, dueAt: 9, body: 'D' },
      { queue: 'work', sentAt: 5, dueAt: 5, body: 'E' },
    ]);
    expect(again.held.get(late.id)?.dueAt).toBe(9);
  });

  it('empties its file from time to time, when nothing is left to remember', () => {
    const ledger = openLedger(file);
    const pass = (id: string) => {
      ledger.sent(id, 'work', 1, { body: 'x'.repeat(100) });
      ledger.deleted(id);
    };
    for (let index = 0; index < 1_000; index += 1) pass(`m${index}`);
    ledger.sent('last', 'work', 2, { body: 'L' });
    expect(readFileSync(file, 'utf8').length).toBeLessThan(200);
    ledger.close();
    const again = openLedger(file);
    again.close();
    expect([...again.held.values()].map((message) => message.body)).toEqual(['L']);
  });

  it('forgets nothing when the restart itself is cut short', () => {
    const ledger = openLedger(file);
    ledger.sent('a', 'work', 1, { body: 'A' });
    ledger.sent('b', 'work', 2, { body: 'B' });
    ledger.close();
    const half = openLedger(file);
    const [first] = half.held.values();
    if (first !== undefined) half.delivered(first, 'a2');
    half.close();
    const again = openLedger(file);
    again.close();
    expect([...again.held.values()].map((message) => message.body).sort()).toEqual(['A', 'B']);
  });
});

describe('the dice of the faults', () => {
  it('fall the same for the same seed, about as often as asked, and never when not asked', () => {
    const roll = (seed: number) => {
      const faults = openFaults({ seed, rates: { throttle: 0.2 } });
      return Array.from({ length: 5_000 }, () => faults.happens('throttle'));
    };
    expect(roll(1)).toEqual(roll(1));
    expect(roll(1)).not.toEqual(roll(2));
    const share = roll(3).filter(Boolean).length / 5_000;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.23);
    const faults = openFaults({ rates: { throttle: 1 } });
    expect(faults.happens('conflict')).toBe(false);
    faults.set({ conflict: 1 });
    expect([faults.happens('throttle'), faults.happens('conflict')]).toEqual([false, true]);
    expect(faults.happened).toMatchObject({ conflict: 1, throttle: 0 });
  });
});
