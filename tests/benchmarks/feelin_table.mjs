// Decide one case by the first row that fits, as often as fills the time given; print microseconds a decision.
// Usage: node feelin_table.mjs FEELIN TABLE.json SECONDS
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [feelin, file, seconds] = process.argv.slice(2);
const { evaluate, unaryTest } = await import(pathToFileURL(feelin).href);
const { heads, rows, given } = JSON.parse(readFileSync(file, 'utf-8'));

function decide() {
  const values = heads.map((head) => evaluate(head, given).value);
  const fits = ({ tests }) => tests.every(
    (test, i) => test === '-' || unaryTest(test, { ...given, '?': values[i] }).value === true,
  );
  return evaluate(rows.find(fits).output, given).value;
}

const first = decide();
let count = 0;
const start = performance.now();
while (performance.now() - start < Number(seconds) * 1000) {
  decide();
  count += 1;
}
console.log(JSON.stringify({ value: first, us: ((performance.now() - start) * 1000) / count }));
