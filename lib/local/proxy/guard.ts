import { TributaryError } from '../../domain/errors.ts';
import { type Authoriser, openAuthoriser } from './authorise.ts';
import type { Need } from './operations.ts';
import { type Caller, type Policies, principalOf } from './roles.ts';

/** A call that a function's role does not allow. */
export interface Refusal {
  readonly functionName: string;
  readonly action: string;
  readonly resource: string;
}

/** Knows every caller, decides what it may do and remembers what it did. */
export interface Guard {
  /** Learns the template's policies. Until then there are no callers. */
  use(policies: Policies): void;
  callerOf(accessKeyId: string): Caller | undefined;
  /** The first need that the caller's role does not meet, recorded as a refusal; undefined when it may. */
  refuses(caller: Caller, needs: readonly Need[]): Promise<Refusal | undefined>;
  /** Records a refusal that was decided elsewhere: an operation that the stage does not know. */
  record(caller: Caller, need: Need): Refusal;
  readonly refusals: readonly Refusal[];
  /** What each function was allowed, as `action resource`, each once, sorted. */
  calls(): Readonly<Record<string, readonly string[]>>;
}

/** Opens a guard. */
export function openGuard(): Guard {
  const callers = new Map<string, Caller>();
  const refusals: Refusal[] = [];
  const done = new Map<string, Set<string>>();
  let authoriser: Authoriser | undefined;
  const record = (caller: Caller, need: Need): Refusal => {
    const refusal = { functionName: caller.functionName, ...need };
    refusals.push(refusal);
    return refusal;
  };
  return {
    use: (policies) => {
      authoriser = openAuthoriser(policies);
      for (const caller of policies.callers) callers.set(caller.accessKeyId, caller);
    },
    callerOf: (accessKeyId) => callers.get(accessKeyId),
    refuses: async (caller, needs) => {
      if (authoriser === undefined)
        throw new TributaryError('defect', 'stage/no-policies', 'the proxy has no policies yet');
      for (const need of needs) {
        if (!(await authoriser.allows(principalOf(caller), caller.role, need))) return record(caller, need);
        const calls = done.get(caller.functionName) ?? new Set();
        done.set(caller.functionName, calls.add(`${need.action} ${summary(need.resource)}`));
      }
      return undefined;
    },
    record,
    refusals,
    calls: () => Object.fromEntries([...done].map(([name, calls]) => [name, [...calls].sort()])),
  };
}

/** Objects are summed up as their folder's, or a long run would list every one. */
function summary(resource: string): string {
  return resource.replace(/^(arn:aws:s3:::[^/]+\/(?:[^/]+\/)?).*$/, '$1*');
}
