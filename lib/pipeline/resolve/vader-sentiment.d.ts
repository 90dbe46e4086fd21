/** The package has no types of its own. `compound` is from -1 to 1. */
declare module 'vader-sentiment' {
  const vader: {
    readonly SentimentIntensityAnalyzer: { polarity_scores(text: string): { readonly compound: number } };
  };
  export = vader;
}
