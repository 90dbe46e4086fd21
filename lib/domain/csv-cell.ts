/**
 * Where a spreadsheet would begin a formula: at the start of a cell, and behind what some of them take for the end of one,
 * whatever stands in quotes (a semicolon where commas are decimal signs, a tab, a line). In full width too (OWASP, "CSV
 * Injection").
 */
const FORMULA = /^(?=[=+\-@＝＋－＠\t\r\n])|(?<=[;\t\r\n]['"]?)(?=[=+\-@＝＋－＠])/g;

/** One cell of CSV (RFC 4180). What a spreadsheet would take for a formula is made text by an apostrophe before it. */
export function csvCell(text: string): string {
  const safe = text.replaceAll(FORMULA, "'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
