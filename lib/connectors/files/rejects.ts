import type { OpenFile } from '../row-file.ts';
import type { CsvForm } from './csv-form.ts';

/** Rows of CSV that were not taken, under the header that they had: put right, the file can be imported as it stands. */
export function csvRejects({ delimiter, quote }: CsvForm, header: string): OpenFile['rejects'] {
  return {
    form: 'csv',
    header: ['rejected_line', 'rejected_code', 'rejected_reason', header].join(delimiter),
    lineOf({ line, code, reason, raw }) {
      const quoted = `${quote}${reason.replaceAll(quote, quote + quote)}${quote}`;
      return [line, code, quoted, raw].join(delimiter);
    },
  };
}

/** What was not read stands there as its text: another JSON, or one nested so deep that it cannot be written. */
const UNREAD: ReadonlySet<string> = new Set(['import/not-an-object', 'import/too-deep']);

/** Rows of NDJSON and Parquet that were not taken. */
export const jsonRejects: OpenFile['rejects'] = {
  form: 'ndjson',
  lineOf({ line, code, reason, raw }) {
    const row: unknown = UNREAD.has(code) ? raw : JSON.parse(raw);
    return JSON.stringify({ line, code, reason, row });
  },
};
