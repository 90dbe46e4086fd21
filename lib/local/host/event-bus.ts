import { randomUUID } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import type { StageClock } from '../clock.ts';
import { stageAccount, stageRegion } from '../engines/resource-names.ts';
import type { StageQueues } from './stage-queues.ts';

/** A rule of an event bus, every reference resolved. */
export interface RuleDefinition {
  /** Logical id in the template. */
  readonly id: string;
  readonly bus: string;
  /** An event of one of these sources is handed on; none named = of any. */
  readonly sources: readonly string[];
  readonly targets: readonly { readonly queueUrl: string }[];
}

/** What a partner puts on its bus, as PutPartnerEvents takes it. */
export interface PartnerEvent {
  /** The event source, which is the name of the bus too. */
  readonly source: string;
  readonly detailType: string;
  readonly detail: Json;
}

/** The partner event buses of the stage: those that a rule of the template listens to. */
export interface EventBuses {
  /** Hands an event to the targets of the rules that it matches. Throws `stage/no-such-bus` where no rule listens. */
  put(event: PartnerEvent): Promise<void>;
}

export function openEventBuses(
  rules: readonly RuleDefinition[],
  { queues, clock }: { readonly queues: StageQueues; readonly clock: StageClock },
): EventBuses {
  return {
    async put({ source, detailType, detail }) {
      const listening = rules.filter(({ bus }) => bus === source);
      if (listening.length === 0) {
        const message = `no rule of the template listens to the bus ${source}; name it as event_bus of a connection`;
        throw new TributaryError('config', 'stage/no-such-bus', message);
      }
      // The envelope as the EventBridge user guide describes it; times are to the second.
      const envelope = JSON.stringify({
        version: '0',
        id: randomUUID(),
        'detail-type': detailType,
        source,
        account: stageAccount,
        time: `${formatInstant(clock.now()).slice(0, 19)}Z`,
        region: stageRegion,
        resources: [],
        detail,
      });
      for (const { sources, targets } of listening) {
        if (sources.length > 0 && !sources.includes(source)) continue;
        for (const { queueUrl } of targets) await queues.send(queueUrl, envelope);
      }
    },
  };
}
