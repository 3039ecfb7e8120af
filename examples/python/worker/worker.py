"""A worker in Python, by the batch protocol of docs/protocol.md.

greet is the work; the rest can be copied as it is.
"""

import json
import time

VERSION = 1  # of the protocol
MAX_ANSWER = 245_760  # bytes
SPARE_MS = 2_000  # of the invocation's time, to answer in

# An error of this name is not retried: the same batch would be refused again.
InvalidInput = type("MapJob.InvalidInput", (Exception,), {})


# docs: work
class ItemError(Exception):
    """Fails an item by a name, by which the report counts it."""

    def __init__(self, name, cause, retryable=False):
        super().__init__(cause)
        self.name, self.retryable = name, retryable


def greet(order):
    """Returns the greeting for the customer of an order."""
    if not order.get("customer"):
        raise ItemError("NobodyToGreet", "the order has no customer")
    return f"Grüezi, {order['customer']}!"
# docs: end


def handler(batch, context):
    about = batch.get("BatchInput", {})
    if about.get("version", 1) > VERSION:
        raise InvalidInput(f"got a message of protocol version {about['version']}, expected {VERSION}")
    if not batch.get("Items"):
        raise InvalidInput("got no Items, expected a batch by value")
    return fit([outcome(i, about, context) for i in batch["Items"]])


def outcome(indexed, about, context):
    """Does one item. An error fails this item and no other."""
    if context.get_remaining_time_in_millis() < SPARE_MS:
        result = failed("MapJob.DeadlineExceeded", "the invocation's time was up before the item was started", True)
    else:
        began = time.time()
        try:
            output = greet(indexed["item"])
            json.dumps(output, allow_nan=False)  # what is not JSON fails its item
            result = {"status": "SUCCEEDED", "output": output}
        except ItemError as error:
            result = failed(error.name, str(error), error.retryable)
        except Exception as error:
            result = failed(type(error).__name__, str(error))
        result["startedAt"] = int(began * 1000)
        result["ms"] = int((time.time() - began) * 1000)
    if result["status"] == "FAILED" and about.get("keepItems"):
        result["item"] = indexed["item"]
    return {"index": indexed["index"], **result}


def failed(name, cause, retryable=False):
    result = {"status": "FAILED", "error": name, "cause": cause}
    if retryable:
        result["retryable"] = True
    return result


def fit(outcomes):
    """Shortens the largest outcomes until the answer is small enough."""
    size = {o["index"]: len(json.dumps(o)) + 2 for o in outcomes}
    total = sum(size.values())
    for o in sorted(outcomes, key=lambda o: -size[o["index"]]):
        if total <= MAX_ANSWER:
            break
        if o["status"] == "SUCCEEDED":
            del o["output"]
            o.update(failed("MapJob.ResultTooLarge", f"got an outcome of {size[o['index']]} bytes, which does not fit into the answer"))
        else:
            o.pop("item", None)
            o["cause"] = o["cause"][:1000]
        total += len(json.dumps(o)) + 2 - size[o["index"]]
    return outcomes
