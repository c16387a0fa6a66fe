"""ministack, with what a deployment asks and it does not answer as AWS does. Run as a program; ends
with its standard input.

1. `chalice deploy` sets minimumCompressionSize to "", which AWS takes for none and ministack gives
   back as it came, so that botocore cannot read it.
2. PutRestApi is not there. The document is kept, in the folder of HOME, to be looked at and to be
   routed by; what API Gateway answers by itself is reset, as an overwrite may do.
3. A function is Pending for a moment, and who waits for it looks again after five seconds.
"""

import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

from ministack.app import main
from ministack.services import apigateway_v1, lambda_svc

ONE_API = re.compile(r"/restapis/([a-z0-9]+)/?")
shown = apigateway_v1._rest_api_view
answered = apigateway_v1.handle_request


def without_an_empty_number(api: Any) -> Any:
    """1."""
    view = shown(api)
    if view and view.get("minimumCompressionSize") == "":
        view["minimumCompressionSize"] = None
    return view


async def with_put_rest_api(
    method: str, path: str, headers: Any, body: bytes, query: Any
) -> tuple[int, Any, bytes]:
    """2."""
    found = ONE_API.fullmatch(path)
    if method != "PUT" or found is None:
        answer: tuple[int, Any, bytes] = await answered(method, path, headers, body, query)
        return answer
    api = apigateway_v1._rest_apis[found[1]]
    document = json.loads(body)
    api["name"] = document["info"]["title"]
    api["binaryMediaTypes"] = document.get("x-amazon-apigateway-binary-media-types", [])
    apigateway_v1._gateway_responses.pop(found[1], None)
    (Path(os.environ["HOME"]) / f"{found[1]}.json").write_bytes(body)
    view = without_an_empty_number(api)
    return 200, {"Content-Type": "application/json"}, json.dumps(view).encode()


def end_with_standard_input() -> None:
    """However the tests end, nothing is left running."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    apigateway_v1._rest_api_view = without_an_empty_number
    apigateway_v1.handle_request = with_put_rest_api
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    main()
