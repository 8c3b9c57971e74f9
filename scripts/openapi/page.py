"""`make api`: the interface document as a page to read, served on this machine only.

The page is Swagger UI, as the package `swagger-ui-py` brings it; nothing is loaded from elsewhere.
"""

import argparse
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

from scripts.openapi.__main__ import FILE

PORT = 8090
# Reading only: a browser may not call the shop, which allows no other origin (mini-programs have
# none).
_PAGE = """<!doctype html>
<html lang="zh">
<head>
  <meta charset="utf-8"><title>Yunpu 云铺 · API</title>
  <link rel="stylesheet" href="swagger-ui.css">
  <link rel="icon" href="favicon-32x32.png">
</head>
<body>
  <div id="page"></div>
  <script src="swagger-ui-bundle.js"></script>
  <script>
    SwaggerUIBundle({
      url: 'openapi.json', dom_id: '#page', deepLinking: true, filter: true, docExpansion: 'none',
      defaultModelsExpandDepth: -1, supportedSubmitMethods: [], validatorUrl: null,
    })
  </script>
</body>
</html>
"""


class Handler(SimpleHTTPRequestHandler):
    """The page, the document, and Swagger UI's own files."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path in {"/", "/index.html"}:
            self._send(_PAGE.encode(), "text/html; charset=utf-8")
        elif self.path == "/openapi.json":
            self._send(FILE.read_bytes(), "application/json")
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the address is all that a reader needs."""

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def server(port: int) -> ThreadingHTTPServer:
    """The page on a port of this machine; 0 for any free one."""
    static = Path(str(files("swagger_ui"))) / "static"
    return ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(static)))


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="make api", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    with server(parser.parse_args().port) as serving:
        print(f"http://127.0.0.1:{serving.server_port}/  (Ctrl-C ends it)", flush=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
