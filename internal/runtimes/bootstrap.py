# Runs a Python function: loads its handler, and asks the Lambda Runtime API for
# invocations.
import http.client
import importlib
import json
import logging
import os
import re
import sys
import time
import traceback


class Context:
    def __init__(self, headers):
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.identity = None
        self.client_context = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


class Failure(Exception):
    def __init__(self, name, message):
        super().__init__(message)
        self.name = name


def describe(error):
    name = error.name if isinstance(error, Failure) else type(error).__name__
    try:
        message = str(error)
    except Exception:
        message = "<exception str() failed>"  # as Python prints it
    return {"errorType": name, "errorMessage": message, "stackTrace": [line for line in traceback.format_tb(error.__traceback__) if '"<string>"' not in line]}


api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None, headers={}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    response = api.getresponse()
    return response.headers, response.read()


def fail(path, error):
    described = describe(error)
    text = f"[ERROR] {described['errorType']}: {described['errorMessage']}\n{''.join(described['stackTrace'])}\n"
    sys.stdout.flush()
    os.write(1, text.encode("utf-8", "backslashreplace"))  # a message may have half of a surrogate pair
    call("POST", path, json.dumps(described).encode(), {"Lambda-Runtime-Function-Error-Type": re.sub(r"[^\x20-\x7e]", "?", described["errorType"])})


def load(handler):
    path, _, name = handler.rpartition(".")
    if not path:
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': expected MODULE.FUNCTION")
    try:
        module = importlib.import_module(path.replace("/", "."))
    except SyntaxError as error:
        raise Failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{path}': {error}") from error
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", f"Unable to import module '{path}': {error}") from error
    if not hasattr(module, name):
        raise Failure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{path}'")
    return getattr(module, name)


def answer(handle, headers, body):
    output = handle(json.loads(body), Context(headers))
    try:
        return json.dumps(output).encode()
    except (TypeError, ValueError) as error:
        raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def main():
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s\t%(message)s"))
    logging.getLogger().addHandler(output)
    try:
        handle = load(os.environ["_HANDLER"])
    except Exception as error:
        fail("init/error", error)
        sys.exit(1)
    while True:
        headers, body = call("GET", "invocation/next")
        request = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            output = answer(handle, headers, body)
        except Exception as error:
            fail(request + "/error", error)
        else:
            call("POST", request + "/response", output)


main()
