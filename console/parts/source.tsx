/** Where a value comes from, short: `salesforce contact`; the whole fragment shows when one points at it. */
export function Source({ fragment }: { readonly fragment: string }) {
  const [connection = '', object = ''] = fragment.split(':');
  return <span title={fragment}>{`${connection} ${object}`.trim()}</span>;
}
