import type { Reader } from '../../domain/listening.ts';

let reading: Promise<Reader> | undefined;

/** VADER (English) and ELD. A megabyte and a half, so they are loaded only where somebody wrote something. */
export function loadReader(): Promise<Reader> {
  reading ??= load();
  return reading;
}

async function load(): Promise<Reader> {
  const [{ default: vader }, { default: eld }] = await Promise.all([
    import('vader-sentiment'),
    import('eld/extrasmall'),
  ]);
  return {
    languageOf(text) {
      const found = eld.detect(text);
      return found.isReliable() && found.language !== '' ? found.language : undefined;
    },
    sentimentOf: (english) => vader.SentimentIntensityAnalyzer.polarity_scores(english).compound,
  };
}
