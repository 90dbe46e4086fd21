import type { JsonObject } from '../../lib/domain/json.ts';
import type { Sentence } from '../../lib/domain/segment/sentence.ts';
import { tellWanted } from '../../lib/domain/segment/words.ts';
import type { Condition } from '../../lib/domain/segment.ts';

/** A segment's condition as sentences, parts inside parts. */
export function ConditionTree({ condition }: { readonly condition: Condition }) {
  return (
    <ul class="sentences">
      <ConditionItem condition={condition} />
    </ul>
  );
}

function ConditionItem({ condition }: { readonly condition: Condition }) {
  const { all, any, not } = condition as {
    readonly all?: readonly Condition[];
    readonly any?: readonly Condition[];
    readonly not?: Condition;
  };
  if (not !== undefined) return <Branch words="none of this:" parts={[not]} />;
  if (all !== undefined) return <Branch words="all of these:" parts={all} />;
  if (any !== undefined) return <Branch words="at least one of these:" parts={any} />;
  return <li>{tellWanted(condition as JsonObject)}</li>;
}

function Branch({ words, parts }: { readonly words: string; readonly parts: readonly Condition[] }) {
  return (
    <li>
      {words}
      <ul class="sentences">
        {parts.map((part, index) => (
          <ConditionItem key={index} condition={part} />
        ))}
      </ul>
    </li>
  );
}

/** A receipt as sentences: what holds and what does not, parts inside parts. */
export function ReceiptTree({ sentence: { held, text, parts } }: { readonly sentence: Sentence }) {
  return (
    <ul class="sentences">
      <li class={held ? 'held' : 'not-held'}>
        <span class="hidden">{held ? 'holds: ' : 'does not hold: '}</span>
        {text}
        {parts.map((part, index) => (
          <ReceiptTree key={index} sentence={part} />
        ))}
      </li>
    </ul>
  );
}
