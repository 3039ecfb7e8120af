import { createInterface } from "node:readline";

// each measures once for every line of standard input, and answers each with a
// line that has the number.
export async function each(measure) {
  for await (const _ of createInterface({ input: process.stdin })) {
    console.log(await measure());
  }
}
