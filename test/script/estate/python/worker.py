import os

import prices  # of the layer


def handle(event, context):
    return [outcome(i) for i in event["Items"]]


def outcome(i):
    if i["item"].get("refuse"):
        return {"index": i["index"], "status": "FAILED", "error": "Refused", "cause": "the order was refused"}
    return {"index": i["index"], "status": "SUCCEEDED", "output": {"price": prices.of(i["item"]), "region": os.environ["AWS_REGION"]}}
