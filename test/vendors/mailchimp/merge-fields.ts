import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import type { SimList, SimMergeField } from './list.ts';
import { problems } from './problem.ts';
import { pageOf } from './query.ts';
import type { Route } from './route.ts';

export const mergeFieldRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/lists\/([^/]+)\/merge-fields$/,
    run: ({ list, query }) => {
      const { offset, count } = pageOf(query);
      const all = [...list().mergeFields.values()];
      return {
        merge_fields: all
          .slice(offset, offset + count)
          .map((field, at) => showField(field, offset + at + 1, list().id)),
        list_id: list().id,
        total_items: all.length,
        _links: [],
      };
    },
  },
];

function showField({ tag, type, required, choices }: SimMergeField, mergeId: number, listId: string): JsonObject {
  return {
    merge_id: mergeId,
    tag,
    name: tag,
    type,
    required: required === true,
    default_value: '',
    public: false,
    display_order: mergeId,
    options: choices === undefined ? { size: 25 } : { choices: [...choices] },
    help_text: '',
    list_id: listId,
    _links: [],
  };
}

/**
 * Merge fields that a request may set. Tags that the list does not have are passed over without a word; what their type
 * does not take refuses the request (recorded: "Please enter a number"; mailchimp/mc-magento#885 for a drop down;
 * brandonseydel/MailChimp.Net#500 for a required one).
 */
export function mergeFieldsIn(given: JsonObject, list: SimList, query: URLSearchParams): Record<string, Json> {
  const taken: Record<string, Json> = {};
  const errors: { field: string; message: string }[] = [];
  const lax = query.get('skip_merge_validation') === 'true';
  for (const [tag, value] of Object.entries(given)) {
    const field = list.mergeFields.get(tag);
    if (field === undefined) continue;
    const message = wrongIn(field, value, lax);
    if (message === undefined) taken[tag] = value;
    else errors.push({ field: tag, message });
  }
  if (errors.length > 0) throw problems.invalid('Your merge fields were invalid.', errors);
  return taken;
}

function wrongIn({ type, required, choices = [] }: SimMergeField, value: Json, lax: boolean): string | undefined {
  if (value === '') return required === true && !lax ? 'Please enter a value' : undefined;
  if (type === 'number') return Number.isFinite(Number(value)) ? undefined : 'Please enter a number';
  if (type !== 'dropdown' && type !== 'radio') return undefined;
  return choices.includes(String(value))
    ? undefined
    : `Value must be one of: , ${choices.join(', ')} (not ${String(value)})`;
}
