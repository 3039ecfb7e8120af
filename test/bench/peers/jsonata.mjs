// The reference implementation of JSONata with an expression in $states:
// node jsonata.mjs EXPRESSION INPUT RESULT EVALUATIONS. It measures nanoseconds.
import jsonata from "jsonata";
import { each } from "./measure.mjs";

const expression = jsonata(process.argv[2]);
const bindings = { states: { input: JSON.parse(process.argv[3]) } };
const expected = process.argv[4];
const evaluations = Number(process.argv[5]);

await each(async () => {
  const start = performance.now();
  for (let i = 0; i < evaluations; i++) {
    const got = await expression.evaluate(undefined, bindings);
    if (got !== expected) {
      throw new Error(`got ${got}, expected ${expected}`);
    }
  }
  return ((performance.now() - start) * 1e6) / evaluations;
});
