import type { ActivityChange } from './change.ts';
import { foldText } from './fold-text.ts';
import type { JsonObject } from './json.ts';

/** What is made of words that people write: see `listening:` of tributary.yaml. */
export interface ListeningRules {
  /** Names of activities whose property `text` is read. */
  readonly to: readonly string[];
  /** Topic → words and phrases that speak of it. */
  readonly topics: Readonly<Record<string, readonly string[]>>;
}

/** What reading a text tells; a language that is not certain is not told. */
export interface Reader {
  /** ISO 639-1. */
  languageOf(text: string): string | undefined;
  /** From -1 (as bad as can be) to 1, of English. */
  sentimentOf(english: string): number;
}

/** Longer texts are read up to here, so that nobody's novel takes the time of others. */
const CHARACTERS_READ = 2_000;

/**
 * Adds `language`, `sentiment` and `topic` to an activity that holds what somebody wrote. What the tool itself told of
 * these stays. Only English is scored: a score of a language that is not known would be a guess.
 */
export function hearText(activity: ActivityChange, rules: ListeningRules, reader: Reader): ActivityChange {
  const { text, ...told } = activity.properties ?? {};
  if (!rules.to.includes(activity.name) || typeof text !== 'string' || text.trim() === '') return activity;
  const read = text.slice(0, CHARACTERS_READ);
  const language = typeof told.language === 'string' ? told.language : reader.languageOf(read);
  const topic = topicOf(read, rules.topics);
  const heard: JsonObject = {
    ...(language === undefined ? {} : { language }),
    ...(language === 'en' ? { sentiment: Math.round(reader.sentimentOf(read) * 100) / 100 } : {}),
    ...(topic === undefined ? {} : { topic }),
  };
  return { ...activity, properties: { ...heard, ...activity.properties } };
}

/** The topic of which a text has most words; of several the first by its name. */
function topicOf(text: string, topics: ListeningRules['topics']): string | undefined {
  const words = ` ${foldText(text)} `;
  let found: string | undefined;
  let most = 0;
  for (const topic of Object.keys(topics).sort()) {
    const hits = (topics[topic] ?? []).filter((phrase) => words.includes(` ${foldText(phrase)} `)).length;
    if (hits <= most) continue;
    [found, most] = [topic, hits];
  }
  return found;
}
