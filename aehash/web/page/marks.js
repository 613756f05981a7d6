/** Marks and rounds as plain values: what stands, what is new, how a link writes them. */

/**
 * What a person said of one image; `null` takes an earlier mark back.
 * @typedef {{row: number, key?: string, relevant: boolean | null}} Mark
 */

/**
 * The marks that stand after the rounds: a later one replaces an earlier one.
 * @param {Mark[][]} rounds
 * @returns {Map<number, Mark>}
 */
export function standing(rounds) {
  /** @type {Map<number, Mark>} */
  const marks = new Map();
  for (const round of rounds)
    for (const mark of round) {
      if (mark.relevant === null) marks.delete(mark.row);
      else marks.set(mark.row, mark);
    }
  return marks;
}

/**
 * Press + or − on an image: sets the mark, or takes it back where it stands already.
 * @param {Mark[][]} rounds those that the results shown are of
 * @param {Mark[]} pending marks made since
 * @param {{row: number, key: string}} item
 * @param {boolean} relevant
 * @returns {Mark[]} the new pending marks
 */
export function press(rounds, pending, item, relevant) {
  const before = standing(rounds).get(item.row)?.relevant ?? null;
  const now = current(rounds, pending, item.row);
  const wanted = now === relevant ? null : relevant;
  const rest = pending.filter((mark) => mark.row !== item.row);
  if (wanted === before) return rest;
  return [...rest, { row: item.row, key: item.key, relevant: wanted }];
}

/**
 * The mark an image shows now.
 * @param {Mark[][]} rounds
 * @param {Mark[]} pending
 * @param {number} row
 * @returns {boolean | null}
 */
export function current(rounds, pending, row) {
  const made = pending.find((mark) => mark.row === row);
  if (made) return made.relevant;
  return standing(rounds).get(row)?.relevant ?? null;
}

/**
 * How many say yes and how many say no.
 * @param {Iterable<Mark>} marks
 * @returns {{yes: number, no: number, back: number}}
 */
export function tally(marks) {
  const sums = { yes: 0, no: 0, back: 0 };
  for (const mark of marks)
    sums[mark.relevant === null ? "back" : mark.relevant ? "yes" : "no"] += 1;
  return sums;
}

/**
 * Rounds as the server takes them: what was taken back is left out, and so are empty rounds.
 * @param {Mark[][]} rounds
 * @returns {{marks: {row: number, key?: string, relevant: boolean}[]}[]}
 */
export function sent(rounds) {
  const stand = standing(rounds);
  const found = [];
  for (const round of rounds) {
    const marks = [];
    for (const mark of round)
      if (mark.relevant !== null && stand.get(mark.row) === mark)
        marks.push({ ...mark, relevant: mark.relevant });
    if (marks.length) found.push({ marks });
  }
  return found;
}

const LETTERS = new Map([
  [true, "y"],
  [false, "n"],
  [null, "x"],
]);

/**
 * Rounds as a link holds them: `12y15n_18y`.
 * @param {Mark[][]} rounds
 */
export function encodeRounds(rounds) {
  return rounds
    .map((round) => round.map((mark) => mark.row + (LETTERS.get(mark.relevant) || "x")).join(""))
    .join("_");
}

/**
 * @param {string} text
 * @returns {Mark[][]}
 */
export function decodeRounds(text) {
  if (!text) return [];
  if (!/^(\d{1,10}[ynx])+(_(\d{1,10}[ynx])+)*$/.test(text))
    throw new Error("The marks in this link are damaged; the search is shown without them.");
  return text.split("_").map((round) =>
    [...round.matchAll(/(\d+)([ynx])/g)].map(([, row, letter]) => ({
      row: Number(row),
      relevant: letter === "y" ? true : letter === "n" ? false : null,
    })),
  );
}
