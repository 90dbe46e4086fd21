import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { openLearned } from '../../domain/learned/learned.ts';
import type { Model, ModelCard } from '../../domain/learned/model.ts';
import type { Archive, StateStore } from '../ports.ts';
import { listCards } from './cards.ts';
import { openModels } from './models.ts';

export interface ModelPage {
  readonly model: string;
  /** Its latest training; null = it was never trained. */
  readonly card: ModelCard | null;
  /** What people are scored by; null = nothing yet, or the rule is another than what was trained. */
  readonly scores: {
    readonly version: string;
    readonly asOf: string;
    readonly trainedAt: string;
    readonly parameters: Model;
  } | null;
}

const CARDS_LOOKED_THROUGH = 200;

/** One model by its name: its latest card, and what scores people now. Throws `api/no-such-model`. */
export async function readModel(
  deps: { readonly state: StateStore; readonly archive: Pick<Archive, 'getJson'> },
  definitions: Definitions,
  name: string,
): Promise<ModelPage> {
  const parts = definitions.learned === undefined ? [] : openLearned(definitions.learned).parts;
  const part = parts.find((one) => one.name === name);
  if (part === undefined) {
    const known = parts.map((one) => one.name).join(', ') || 'none';
    throw new TributaryError('rejected', 'api/no-such-model', `no model is called ${name}; there are: ${known}`);
  }
  const { cards } = await listCards(deps.state, CARDS_LOOKED_THROUGH);
  const models = await openModels(deps)(definitions);
  const trained = models?.parts[name];
  return {
    model: name,
    card: cards.find(({ model }) => model === name) ?? null,
    scores:
      models === undefined || trained?.rule !== part.rule
        ? null
        : {
            version: trained.version,
            asOf: formatInstant(models.asOf),
            trainedAt: formatInstant(trained.trainedAt),
            parameters: trained.model,
          },
  };
}
