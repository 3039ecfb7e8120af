// A durable function of the AWS Durable Execution SDK, in its local test runner, which
// skips time: node durable.mjs ITEMS EXECUTIONS. Each execution has a map over ITEMS
// with one step each, and a step before and after it. It measures
// executions a second.
import { withDurableExecution } from "@aws/durable-execution-sdk-js";
import { LocalDurableTestRunner } from "@aws/durable-execution-sdk-js-testing";
import { each } from "./measure.mjs";

const items = Number(process.argv[2]);
const executions = Number(process.argv[3]);

const handlerFunction = withDurableExecution(async (_, context) => {
  const orders = await context.step("start", async () => Array.from({ length: items }, (_, id) => ({ orderId: `ORD-${id}` })));
  const invoiced = await context.map("map", orders, async (item, order) => item.step("work", async () => order.orderId));
  return context.step("summary", async () => ({ succeeded: invoiced.successCount }));
});

await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
await each(async () => {
  const start = performance.now();
  for (let n = 0; n < executions; n++) {
    const execution = await new LocalDurableTestRunner({ handlerFunction }).run({ payload: {} });
    const result = execution.getResult();
    if (result?.succeeded !== items) {
      throw new Error(`got ${execution.getStatus()} and ${JSON.stringify(result)}, expected ${items} items to succeed`);
    }
  }
  return executions / ((performance.now() - start) / 1000);
});
await LocalDurableTestRunner.teardownTestEnvironment();
