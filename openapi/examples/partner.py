"""A client of Lab with nothing but Python's standard library.

    LAB_URL=http://localhost:5080 LAB_KEY=... python3 partner.py report MY-FIRST ../../samples/kraken2-klebsiella.kreport
    LAB_URL=http://localhost:5080 LAB_KEY=... LAB_WEBHOOK_SECRET=whsec_... python3 partner.py receive 8099
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer


def call(method, path, body=None):
    """The answer of the lab, read as JSON. What the lab refuses is told with its hint."""
    request = urllib.request.Request(os.environ["LAB_URL"].rstrip("/") + path, body, {"X-Api-Key": os.environ["LAB_KEY"], "Accept": "application/json"}, method=method)
    if body is not None:
        request.add_header("Content-Type", "application/octet-stream")
    for attempt in range(5):
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            problem = json.load(refused)
            if refused.code not in (429, 503) or attempt == 4:
                raise SystemExit(f"{problem['code']}: {problem['detail']} {problem['hint']}\n" + "".join(f"  line {e.get('line')}: {e['message']}\n" for e in problem.get("errors") or []))
            time.sleep(int(refused.headers.get("Retry-After", "2")))


def report(accession, file):
    """Uploads a profile, waits for its analysis and gives the sample's report. The same file again is no second upload."""
    with open(file, "rb") as profile:
        upload = call("POST", f"/v1/samples/{urllib.parse.quote(accession)}/profiles", profile.read())
    while True:
        analysis = call("GET", f"/v1/analyses/{upload['analysisId']}?wait=30")
        if analysis["status"] == "succeeded":
            return call("GET", f"/v1/reports/{analysis['reportId']}")
        if analysis["status"] in ("failed", "cancelled"):
            raise SystemExit(f"The analysis {analysis['status']}: {analysis['error']}")


def verified(secret, headers, body):
    """Whether a webhook's request comes from the lab and is not older than five minutes (standard-webhooks)."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()
    # For a day after a rotation there are two signatures.
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in headers.get("webhook-signature", "").split(" "))


class Receiver(BaseHTTPRequestHandler):
    """Takes the lab's webhooks; what is not signed by it is refused."""

    seen = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not verified(os.environ["LAB_WEBHOOK_SECRET"], self.headers, body):
            self.send_response(401)
            self.end_headers()
            return
        self.send_response(204)
        self.end_headers()
        # A try that was answered too late comes again under the same id.
        if self.headers["webhook-id"] not in self.seen:
            self.seen.add(self.headers["webhook-id"])
            event = json.loads(body)
            print(event["type"], event["data"].get("accession", ""), event["data"].get("reportId", ""), flush=True)

    def log_message(self, *_):
        pass


def main():
    match sys.argv[1:]:
        case ["report", accession, file]:
            read = report(accession, file)
            print(f"{read['sample']['accession']}: version {read['version']}, {read['status']}, quality {read['quality']['status']}")
            for finding in read["findings"]:
                print(f"  {finding['severity']}: {finding['code']}")
        case ["receive", port]:
            HTTPServer(("127.0.0.1", int(port)), Receiver).serve_forever()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
