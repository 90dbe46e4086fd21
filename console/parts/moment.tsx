import { useWorkspace } from '../app/workspace.tsx';

const formats = new Map<string, Intl.DateTimeFormat>();

/** An instant in the workspace's time zone. */
export function Moment({ at }: { readonly at: string }) {
  const { timezone } = useWorkspace();
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: timezone });
    formats.set(timezone, format);
  }
  return (
    <time dateTime={at} title={`${at} (shown in ${timezone})`}>
      {format.format(new Date(at))}
    </time>
  );
}
