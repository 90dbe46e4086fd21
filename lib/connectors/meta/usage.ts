import * as z from 'zod';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const adAccount = z.object({ acc_id_util_pct: z.number(), reset_time_duration: z.number() });
const business = z.record(z.string(), z.array(z.object({ estimated_time_to_regain_access: z.number() })));

/**
 * How long the usage headers say that Meta will refuse us; undefined when they do not. There is no Retry-After:
 * `X-Business-Use-Case-Usage` tells minutes, `X-Ad-Account-Usage` seconds (Graph API, "Rate limits").
 */
export function waitIn(headers: Headers): number | undefined {
  const uses = business.safeParse(jsonOf(headers.get('x-business-use-case-usage'))).data ?? {};
  const minutes = Object.values(uses)
    .flat()
    .map(({ estimated_time_to_regain_access: left }) => left * MINUTE);
  const account = adAccount.safeParse(jsonOf(headers.get('x-ad-account-usage'))).data;
  const seconds = account !== undefined && account.acc_id_util_pct >= 100 ? account.reset_time_duration * SECOND : 0;
  const wait = Math.max(0, seconds, ...minutes);
  return wait === 0 ? undefined : wait;
}

function jsonOf(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined; // A header that cannot be read says nothing.
  }
}
