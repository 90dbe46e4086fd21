import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb';

/** A PartiQL write of ours, taken apart. */
export interface Statement {
  readonly table: string;
  readonly removes: readonly string[];
  /** What it sets an attribute to; of an attribute that it does not set, what its condition asks of it. */
  value(name: string): AttributeValue | undefined;
}

/** A statement's text: where in its parameters the value of each attribute stands. */
interface Form {
  readonly table: string;
  readonly removes: readonly string[];
  readonly places: ReadonlyMap<string, number>;
}

/** Takes statements apart; each text is read once. Throws Error for what it does not know. */
export function openStatements(): (request: BatchStatementRequest) => Statement {
  const forms = new Map<string, Form>();
  return ({ Statement = '', Parameters = [] }) => {
    let form = forms.get(Statement);
    if (form === undefined) {
      form = formOf(Statement);
      forms.set(Statement, form);
    }
    const { table, removes, places } = form;
    return { table, removes, value: (name) => Parameters[places.get(name) ?? -1] };
  };
}

function formOf(text: string): Form {
  const table = /^(?:INSERT INTO|UPDATE) "([^"]+)"/.exec(text)?.[1];
  if (table === undefined) throw new Error('a statement that is neither INSERT nor UPDATE');
  const places = new Map<string, number>();
  const values = [...text.matchAll(/(?:'([^']+)': |"?(\w+)"? (?:=|<=?|>=?) (?:set_add\("?\w+"?, )?)\?/g)];
  // A parameter that is passed over would put all after it in wrong places.
  if (values.length !== text.split('?').length - 1) throw new Error(`a statement with unknown parts: ${text}`);
  for (const [place, [, put, set]] of values.entries()) {
    const name = put ?? set ?? '';
    if (!places.has(name)) places.set(name, place);
  }
  const removes = [...text.matchAll(/REMOVE "?(\w+)"?/g)].map(([, name]) => name ?? '');
  return { table, removes, places };
}
