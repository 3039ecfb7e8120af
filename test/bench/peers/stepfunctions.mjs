// aws-local-stepfunctions with a handler in process that answers with its input:
// node stepfunctions.mjs DEFINITION ITEMS. It measures items a second.
import { StateMachine } from "aws-local-stepfunctions";
import { each } from "./measure.mjs";

const definition = JSON.parse(process.argv[2]);
const items = Number(process.argv[3]);
const input = Array.from({ length: items }, (_, id) => ({ id }));
const machine = new StateMachine(definition);

await each(async () => {
  const start = performance.now();
  const execution = machine.run(input, { overrides: { taskResourceLocalHandlers: { Work: (item) => item } } });
  const output = await execution.result;
  const seconds = (performance.now() - start) / 1000;
  if (output.length !== items) {
    throw new Error(`got ${output.length} items, expected ${items}`);
  }
  return items / seconds;
});
