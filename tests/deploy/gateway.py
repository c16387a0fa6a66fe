"""API Gateway and Lambda's function URL on loopback, over a deployed stage: requests become events
of the deployed functions, routed by the very document that Chalice sent."""

import base64
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer

from dev.engines import Quiet
from dev.serving import Closing, serve
from dev.settings import HOST
from tests.deploy.cloud import Cloud, Json

DOOR = "/door"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class _Server(Closing, BaseWSGIServer):
    multithread = True


@dataclass
class Gateway:
    """Asked for what was deployed at each request, for it starts before anything is."""

    cloud: Cloud
    url: str = ""
    stage: str = "dev"
    _routes: list[tuple[re.Pattern[str], str, Json]] = field(default_factory=list)

    @property
    def door(self) -> str:
        """The webhook function's own address."""
        return f"{self.url}{DOOR}"

    def answer(self, path: str) -> Response:
        """To any request."""
        if request.path.startswith(f"{DOOR}/"):
            return self._through_function_url(path.removeprefix(DOOR.lstrip("/")))
        for pattern, resource, methods in self._known_routes():
            found = pattern.fullmatch(request.path)
            if found and request.method.lower() in methods:
                return self._through_api(resource, found.groupdict())
        return self._by_itself("MISSING_AUTHENTICATION_TOKEN")

    def _through_api(self, resource: str, path: dict[str, str]) -> Response:
        told = self.cloud.invoke(f"tautan-{self.stage}", self._event(resource, path))
        body = told["body"]
        answer = Response(
            base64.b64decode(body) if told.get("isBase64Encoded") else body, told["statusCode"]
        )
        for name, value in (told.get("headers") or {}).items():
            answer.headers.set(name, value)
        for name, values in (told.get("multiValueHeaders") or {}).items():
            answer.headers.setlist(name, values)
        return answer

    def _event(self, resource: str, path: dict[str, str]) -> Json:
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name, []).append(value)
        query = request.args.to_dict(flat=False)
        return {
            "resource": resource,
            "path": request.path,
            "httpMethod": request.method,
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": path or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": request.method,
                "path": request.path,
                "stage": self.stage,
                "requestId": "11111111-2222-3333-4444-555555555555",
                "identity": {"sourceIp": "203.0.113.9"},
            },
            "body": base64.b64encode(request.get_data()).decode() or None,
            "isBase64Encoded": bool(request.get_data()),
        }

    def _through_function_url(self, path: str) -> Response:
        """ministack's own function URLs, by their path, for no name leads to them."""
        compute = self.cloud.client("lambda")
        address = compute.get_function_url_config(FunctionName=f"tautan-{self.stage}-webhook")
        id = address["FunctionUrl"].removeprefix("https://").partition(".")[0]
        answer = httpx.request(
            request.method,
            f"{self.cloud.url}/_aws/lambda-url/{id}{path}",
            content=request.get_data(),
            headers=[each for each in request.headers.items() if each[0].lower() != "host"],
            trust_env=False,
            timeout=30,
        )
        return Response(
            answer.content, answer.status_code, content_type=answer.headers["content-type"]
        )

    def _by_itself(self, kind: str) -> Response:
        gateway = self.cloud.client("apigateway")
        found = gateway.get_gateway_response(restApiId=self._rest_api(), responseType=kind)
        body = found["responseTemplates"]["application/json"]
        told = body.replace("$context.requestId", "11111111-2222-3333-4444-555555555555")
        return Response(told, int(found["statusCode"]), content_type="application/json")

    def _rest_api(self) -> str:
        (api,) = self.cloud.client("apigateway").get_rest_apis()["items"]
        return str(api["id"])

    def _known_routes(self) -> list[tuple[re.Pattern[str], str, Json]]:
        if not self._routes:
            for resource, methods in self.cloud.document(self._rest_api())["paths"].items():
                pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(resource))
                self._routes.append((re.compile(pattern), resource, methods))
            self._routes.sort(key=lambda route: route[1].count("{"))
        return self._routes


@contextmanager
def gateway(over: Cloud) -> Iterator[Gateway]:
    """Served until the end."""
    made, flask = Gateway(over), Flask("gateway")

    @flask.route("/", defaults={"path": ""}, methods=METHODS)
    @flask.route("/<path:path>", methods=METHODS)
    def _(path: str) -> Response:
        return made.answer(path)

    with ExitStack() as stack:
        server = _Server(HOST, 0, flask, handler=Quiet)
        serve(server, stack)
        made.url = f"http://{HOST}:{server.server_port}"
        yield made
