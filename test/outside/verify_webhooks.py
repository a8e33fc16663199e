"""Checks deliveries with the Python library of Standard Webhooks.

In: on stdin a list of {secret, headers, body}. Out: on stdout a list of true or what is wrong.
"""

import json
import sys

from standardwebhooks import Webhook


def check(each: dict) -> object:
    try:
        Webhook(each["secret"]).verify(each["body"], each["headers"])
        return True
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


json.dump([check(each) for each in json.load(sys.stdin)], sys.stdout)
